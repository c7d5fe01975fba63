import { AuthService, UserService, type User } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { useClient } from "../../api/context.tsx";
import { useAction } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { fieldErrors } from "../../ui/form-dialog.tsx";
import { Panel } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem.tsx";

const s = strings.account.password;

export function PasswordPanel({ user, onChanged }: { user: User; onChanged: () => void }) {
  if (user.providerId) {
    return (
      <Panel title={s.title}>
        <p className="text-muted">{s.elsewhere}</p>
      </Panel>
    );
  }
  return <PasswordForm user={user} onChanged={onChanged} />;
}

function PasswordForm({ user, onChanged }: { user: User; onChanged: () => void }) {
  const auth = useClient(AuthService);
  const users = useClient(UserService);
  const [old, setOld] = useState("");
  const [wanted, setWanted] = useState("");
  const [again, setAgain] = useState("");
  // Who may not see the policy is told of it by the answer.
  const { data: policy } = useQuery("policy", (signal) => users.getLoginPolicy({}, { signal }));
  const change = useAction(
    async () => {
      await auth.changePassword({ oldPassword: old, newPassword: wanted });
      setOld("");
      setWanted("");
      setAgain("");
      onChanged();
    },
    { quiet: true, done: s.done },
  );
  const error = fieldErrors(change.problem);
  const differ = again !== "" && again !== wanted;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (old && wanted && again === wanted) void change.run();
  };
  const hint = policy ? s.policy(policy.passwordMinLength, policy.passwordHistory) : s.policyUnknown;
  return (
    <Panel title={s.title}>
      <form noValidate onSubmit={submit} className="flex max-w-sm flex-col gap-4">
        {user.firstPassword && <p className="rounded-md bg-warn-soft p-3 text-warn">{s.first}</p>}
        {change.problem && (
          <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={change.problem} />
          </div>
        )}
        <input type="text" autoComplete="username" value={user.name} readOnly hidden />
        <Field label={s.old} error={error("oldPassword")}>
          <Input
            type="password"
            autoComplete="current-password"
            value={old}
            onChange={(event) => setOld(event.target.value)}
          />
        </Field>
        <Field label={s.new} hint={hint} error={error("newPassword")}>
          <Input
            type="password"
            autoComplete="new-password"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        </Field>
        <Field label={s.again} hint={s.ends} error={differ ? s.differ : undefined}>
          <Input
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        </Field>
        <div>
          <Button
            type="submit"
            look="primary"
            busy={change.busy}
            blocked={old && wanted && again === wanted ? undefined : ""}
          >
            {s.change}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
