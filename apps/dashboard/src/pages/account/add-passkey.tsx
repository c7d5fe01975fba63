import { AuthService } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { createPasskey } from "./passkey.ts";

const s = strings.account.factors;

export interface AddPasskeyProps {
  onClose: () => void;
  /** With the recovery codes that came with the first factor. */
  onMade: (recoveryCodes: string[]) => void;
}

export function AddPasskey({ onClose, onMade }: AddPasskeyProps) {
  const auth = useClient(AuthService);
  const [name, setName] = useState("");
  return (
    <FormDialog
      title={s.addPasskey}
      description={s.touch}
      submit={s.next}
      done={s.added2}
      fields={["name"]}
      onClose={onClose}
      work={async () => {
        const { factorId, optionsJson } = await auth.startPasskey({ name: name.trim() });
        const responseJson = await createPasskey(optionsJson);
        const { recoveryCodes } = await auth.confirmPasskey({ factorId, responseJson });
        onMade(recoveryCodes);
      }}
    >
      {(error) => (
        <Field label={s.name} hint={s.nameHint} error={error("name")}>
          <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      )}
    </FormDialog>
  );
}
