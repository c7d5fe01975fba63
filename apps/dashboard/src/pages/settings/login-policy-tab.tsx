import { UserService, type LoginPolicy } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Field, Input } from "../../ui/field.tsx";
import { fieldErrors } from "../../ui/form-dialog.tsx";
import { Panel } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";

const s = strings.settings.login;

export function LoginPolicyTab() {
  const client = useClient(UserService);
  const { data, problem, reload } = useQuery("policy", (signal) => client.getLoginPolicy({}, { signal }));
  if (!data) return problem ? <QueryProblem problem={problem} retry={reload} /> : <SkeletonRows />;
  // What somebody else saved begins a form anew.
  return <PolicyForm key={String(data.revision)} policy={data} onSaved={reload} />;
}

type NumberField =
  | "passwordMinLength"
  | "passwordHistory"
  | "lockoutAfter"
  | "lockoutMaxSeconds"
  | "sessionIdleMinutes"
  | "sessionMaxHours";

const groups: { title: string; fields: [NumberField, label: string, hint: string][] }[] = [
  {
    title: s.passwords,
    fields: [
      ["passwordMinLength", s.minLength, s.minLengthHint],
      ["passwordHistory", s.history, s.historyHint],
    ],
  },
  {
    title: s.lockout,
    fields: [
      ["lockoutAfter", s.after, s.afterHint],
      ["lockoutMaxSeconds", s.longest, s.longestHint],
    ],
  },
  {
    title: s.sessions,
    fields: [
      ["sessionIdleMinutes", s.idle, s.idleHint],
      ["sessionMaxHours", s.max, s.maxHint],
    ],
  },
];
const names = groups.flatMap(({ fields }) => fields.map(([name]) => name));

function PolicyForm({ policy, onSaved }: { policy: LoginPolicy; onSaved: () => void }) {
  const client = useClient(UserService);
  const before = () =>
    Object.fromEntries(names.map((name) => [name, String(policy[name])])) as Record<NumberField, string>;
  const [texts, setTexts] = useState(before);
  const [secondFactor, setSecondFactor] = useState(policy.requireSecondFactor);
  const [manage] = useCan([{ privilege: "settings.manage" }]);
  const save = useAction(
    async () => {
      const numbers = Object.fromEntries(names.map((name) => [name, Number(texts[name])]));
      await client.updateLoginPolicy({
        policy: { ...numbers, requireSecondFactor: secondFactor, revision: policy.revision },
        idempotencyKey: newKey(),
      });
      onSaved();
    },
    { quiet: true, done: s.saved },
  );
  const error = fieldErrors(save.problem);
  const isWrong = (name: NumberField) => !/^\d{1,6}$/.test(texts[name].trim());
  const blocked = blockedBy(manage);
  const changed =
    secondFactor !== policy.requireSecondFactor || names.some((name) => texts[name] !== String(policy[name]));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked === undefined && changed && !names.some(isWrong)) void save.run();
  };
  return (
    <form noValidate onSubmit={submit} className="flex max-w-3xl flex-col gap-4 p-4">
      {save.problem && (
        <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft p-3">
          <ProblemText problem={save.problem} />
        </div>
      )}
      {groups.map(({ title, fields }) => (
        <Panel key={title} title={title}>
          <div className="grid gap-4 sm:grid-cols-2">
            {fields.map(([name, label, hint]) => (
              <Field key={name} label={label} hint={hint} error={isWrong(name) ? s.wrong(hint) : error(name)}>
                <Input
                  inputMode="numeric"
                  className="max-w-40"
                  readOnly={blocked !== undefined}
                  value={texts[name]}
                  onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
                />
              </Field>
            ))}
          </div>
        </Panel>
      ))}
      <Panel>
        <Checkbox
          label={s.secondFactor}
          hint={s.secondFactorHint}
          disabled={blocked !== undefined}
          checked={secondFactor}
          onChange={(event) => setSecondFactor(event.target.checked)}
        />
      </Panel>
      <div className="flex justify-end gap-2">
        {changed && (
          <Button
            onClick={() => {
              setTexts(before());
              setSecondFactor(policy.requireSecondFactor);
            }}
          >
            {s.revert}
          </Button>
        )}
        <Button type="submit" look="primary" busy={save.busy} blocked={blocked ?? (changed ? undefined : "")}>
          {s.save}
        </Button>
      </div>
    </form>
  );
}
