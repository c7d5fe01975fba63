import { AuthService, type User } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { useClient } from "../../api/context.tsx";
import { useAction } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { LoginFrame } from "./login-frame.tsx";

const s = strings.login;
const fewest = 8;

/** A password that somebody else chose is good for one thing: choosing another. */
export function NewPasswordPage({
  user,
  onDone,
  onSignOut,
}: {
  user: User;
  onDone: () => void;
  onSignOut: () => void;
}) {
  const auth = useClient(AuthService);
  const [old, setOld] = useState("");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const differ = second !== "" && first !== second;
  const change = useAction(() => auth.changePassword({ oldPassword: old, newPassword: first }), { quiet: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!change.busy && first === second && (await change.run())) onDone();
  };
  return (
    <LoginFrame problem={change.problem}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <p className="text-muted">{s.mustChange}</p>
        <input type="hidden" autoComplete="username" value={user.name} />
        <Field label={s.oldPassword}>
          <Input
            autoFocus
            required
            type="password"
            autoComplete="current-password"
            value={old}
            onChange={(event) => setOld(event.target.value)}
          />
        </Field>
        <Field label={s.newPassword} hint={s.atLeast(fewest)}>
          <Input
            required
            minLength={fewest}
            type="password"
            autoComplete="new-password"
            value={first}
            onChange={(event) => setFirst(event.target.value)}
          />
        </Field>
        <Field label={s.repeatPassword} error={differ ? s.differ : undefined}>
          <Input
            required
            type="password"
            autoComplete="new-password"
            value={second}
            onChange={(event) => setSecond(event.target.value)}
          />
        </Field>
        <div className="flex justify-between">
          <Button look="ghost" onClick={onSignOut}>
            {strings.shell.signOut}
          </Button>
          <Button look="primary" type="submit" busy={change.busy}>
            {s.change}
          </Button>
        </div>
      </form>
    </LoginFrame>
  );
}
