import {
  GroupService,
  IdentityProviderService,
  type IdentityProvider,
  type TestProviderResponse,
} from "@limiquantix/api";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Facts } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem.tsx";

const s = strings.access.providers;

/** Goes to the provider, and tells each step. */
export function ProviderTest({ provider, onClose }: { provider: IdentityProvider; onClose: () => void }) {
  const client = useClient(IdentityProviderService);
  const [username, setUsername] = useState("");
  const [answer, setAnswer] = useState<TestProviderResponse>();
  const test = useAction(
    async () => {
      setAnswer(undefined);
      setAnswer(await client.testProvider({ id: provider.id, username: username.trim(), idempotencyKey: newKey() }));
    },
    { quiet: true },
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={s.testTitle(provider.name)}
      description={s.testText}
      footer={
        <>
          <Button onClick={onClose}>{strings.common.close}</Button>
          <Button look="primary" busy={test.busy} onClick={() => void test.run()}>
            {s.test}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 py-1">
        {provider.kind.case === "ldap" && (
          <Field label={s.testUser} hint={s.testUserHint}>
            <Input autoComplete="off" value={username} onChange={(event) => setUsername(event.target.value)} />
          </Field>
        )}
        <div aria-live="polite" className="flex flex-col gap-3">
          {test.problem && (
            <div className="rounded-md border border-bad/40 bg-bad-soft p-3">
              <ProblemText problem={test.problem} />
            </div>
          )}
          {answer && <Answer answer={answer} />}
        </div>
      </div>
    </Dialog>
  );
}

function Answer({ answer }: { answer: TestProviderResponse }) {
  const client = useClient(GroupService);
  const { data } = useQuery("group names", (signal) => client.listGroups({ pageSize: 1000 }, { signal }));
  const here = answer.groupIds.map((id) => data?.groups.find((group) => group.id === id)?.name ?? id);
  return (
    <>
      <ol className="flex flex-col gap-1">
        {answer.steps.map((step, i) => {
          const failed = !answer.works && i === answer.steps.length - 1;
          return (
            <li key={step} className="flex items-start gap-2">
              {failed ? (
                <X size={15} aria-hidden className="mt-0.5 shrink-0 text-bad" />
              ) : (
                <Check size={15} aria-hidden className="mt-0.5 shrink-0 text-ok" />
              )}
              <span className="break-words">{step}</span>
            </li>
          );
        })}
      </ol>
      <p className={`font-semibold ${answer.works ? "text-ok" : "text-bad"}`}>{answer.works ? s.works : s.failed}</p>
      {answer.dn && (
        <section>
          <h3 className="mb-2 font-semibold">{s.found}</h3>
          <Facts
            facts={[
              [s.foundFacts.dn, answer.dn],
              [s.foundFacts.name, answer.name],
              [s.foundFacts.email, answer.email],
              [s.foundFacts.external, answer.externalGroups.join(", ")],
              [s.foundFacts.groups, here.join(", ")],
            ]}
          />
        </section>
      )}
    </>
  );
}
