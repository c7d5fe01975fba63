import { useState, type FormEvent } from "react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";

const s = strings.login;

export function PasswordForm(props: {
  busy: boolean;
  /** Known already, as after a session that ended. */
  username: string;
  onSubmit: (login: { username: string; password: string }) => void;
}) {
  const { busy, onSubmit } = props;
  const [username, setUsername] = useState(props.username);
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSubmit({ username, password });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={s.user}>
        <Input
          autoFocus={!props.username}
          required
          autoComplete="username"
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </Field>
      <Field label={s.password}>
        <Input
          autoFocus={props.username !== ""}
          required
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      <div className="flex items-center justify-between">
        <button type="button" className="text-muted hover:text-text" onClick={() => setShown(!shown)}>
          {shown ? s.hide : s.show}
        </button>
        <Button look="primary" type="submit" busy={busy}>
          {s.submit}
        </Button>
      </div>
    </form>
  );
}
