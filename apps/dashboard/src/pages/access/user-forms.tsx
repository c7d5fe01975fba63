import { User_Kind, UserService, type User } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input, Select } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.access.users;

export interface CreateUserProps {
  onClose: () => void;
  /** `password`: the one that was made; empty where there is none to show. */
  onMade: (name: string, password: string) => void;
}

export function CreateUser({ onClose, onMade }: CreateUserProps) {
  const client = useClient(UserService);
  const [kind, setKind] = useState(User_Kind.PERSON);
  const [name, setName] = useState("");
  const [fullName, setFullName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  return (
    <FormDialog
      title={s.create}
      submit={s.create}
      done={s.created}
      fields={["name", "fullName", "email", "password"]}
      onClose={onClose}
      work={async () => {
        const answer = await client.createUser({
          name: name.trim(),
          fullName,
          email,
          kind,
          password: kind === User_Kind.PERSON ? password : "",
          idempotencyKey: newKey(),
        });
        onMade(name.trim(), answer.password);
      }}
    >
      {(error) => (
        <>
          <Field label={s.kind}>
            <Select value={kind} onChange={(event) => setKind(Number(event.target.value) as User_Kind)}>
              <option value={User_Kind.PERSON}>{s.person}</option>
              <option value={User_Kind.SERVICE}>{s.serviceHint}</option>
            </Select>
          </Field>
          <Field label={s.name} hint={s.nameHint} error={error("name")}>
            <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.fullName} error={error("fullName")}>
            <Input autoComplete="off" value={fullName} onChange={(event) => setFullName(event.target.value)} />
          </Field>
          <Field label={s.email} error={error("email")}>
            <Input type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
          {kind === User_Kind.PERSON && (
            <Field label={s.password} hint={s.passwordHint} error={error("password")}>
              <Input
                type="password"
                autoComplete="new-password"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            </Field>
          )}
        </>
      )}
    </FormDialog>
  );
}

export function EditUser({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: () => void }) {
  const client = useClient(UserService);
  const [fullName, setFullName] = useState(user.fullName);
  const [email, setEmail] = useState(user.email);
  return (
    <FormDialog
      title={s.editTitle(user.name)}
      submit={strings.common.save}
      done={s.saved}
      fields={["fullName", "email"]}
      onClose={onClose}
      work={async () => {
        await client.updateUser({
          id: user.id,
          user: { fullName, email },
          updateMask: { paths: ["full_name", "email"] },
          revision: user.revision,
          idempotencyKey: newKey(),
        });
        onDone();
      }}
    >
      {(error) => (
        <>
          <Field label={s.fullName} error={error("fullName")}>
            <Input autoFocus value={fullName} onChange={(event) => setFullName(event.target.value)} />
          </Field>
          <Field label={s.email} error={error("email")}>
            <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
