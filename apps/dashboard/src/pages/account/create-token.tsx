import { AuthService } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input, Select, TextArea } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { ObjectPicker, type PickedObject } from "../grants/object-picker.tsx";

const s = strings.account.tokens;
const choices = [7, 30, 90, 180, 365];

export interface CreateTokenProps {
  /** Whose; empty: one's own. */
  userId: string;
  onClose: () => void;
  onMade: (name: string, secret: string) => void;
}

export function CreateToken({ userId, onClose, onMade }: CreateTokenProps) {
  const client = useClient(AuthService);
  const [name, setName] = useState("");
  const [days, setDays] = useState(90);
  const [scopes, setScopes] = useState("");
  const [narrow, setNarrow] = useState(false);
  const [object, setObject] = useState<PickedObject>({ kind: "", id: "", name: "" });
  return (
    <FormDialog
      title={s.createTitle}
      submit={s.create}
      fields={["name", "scopes", "expiresInDays"]}
      onClose={onClose}
      work={async () => {
        const { secret } = await client.createToken({
          name: name.trim(),
          userId,
          expiresInDays: days,
          scopes: scopes.split(/[\s,]+/).filter(Boolean),
          objects: narrow && object.id ? [{ kind: object.kind, id: object.id }] : [],
          idempotencyKey: newKey(),
        });
        onMade(name.trim(), secret);
      }}
    >
      {(error) => (
        <>
          <Field label={s.name} hint={s.nameHint} error={error("name")}>
            <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.days} error={error("expiresInDays")}>
            <Select value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {choices.map((days) => (
                <option key={days} value={days}>
                  {s.day(days)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.scopes} hint={s.scopesHint} error={error("scopes")}>
            <TextArea
              rows={3}
              className="font-mono"
              value={scopes}
              onChange={(event) => setScopes(event.target.value)}
            />
          </Field>
          <Checkbox label={s.object} checked={narrow} onChange={(event) => setNarrow(event.target.checked)} />
          {narrow && <ObjectPicker value={object} onChange={setObject} />}
        </>
      )}
    </FormDialog>
  );
}
