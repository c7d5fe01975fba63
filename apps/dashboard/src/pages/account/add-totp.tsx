import { AuthService, type StartTotpResponse } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { strings } from "../../strings/index.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { QrCode } from "../../ui/qr-code.tsx";

const s = strings.account.factors;

export interface AddTotpProps {
  onClose: () => void;
  /** With the recovery codes that came with the first factor. */
  onMade: (recoveryCodes: string[]) => void;
}

/** An authenticator app (RFC 6238): a name, then its secret and a code of it. */
export function AddTotp({ onClose, onMade }: AddTotpProps) {
  const auth = useClient(AuthService);
  const [name, setName] = useState("");
  const [started, setStarted] = useState<StartTotpResponse>();
  if (started) return <ConfirmTotp started={started} onClose={onClose} onMade={onMade} />;
  return (
    <FormDialog
      key="start"
      title={s.addTotp}
      submit={s.next}
      fields={["name"]}
      onClose={() => {}}
      onCancel={onClose}
      work={async () => setStarted(await auth.startTotp({ name: name.trim() }))}
    >
      {(error) => (
        <Field label={s.name} hint={s.nameHint} error={error("name")}>
          <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      )}
    </FormDialog>
  );
}

function ConfirmTotp({ started, onClose, onMade }: AddTotpProps & { started: StartTotpResponse }) {
  const auth = useClient(AuthService);
  const [code, setCode] = useState("");
  return (
    <FormDialog
      key="confirm"
      title={s.addTotp}
      description={s.scan}
      submit={s.confirm}
      done={s.added2}
      fields={["code"]}
      onClose={() => {}}
      onCancel={onClose}
      work={async () => {
        const { recoveryCodes } = await auth.confirmTotp({ factorId: started.factorId, code: code.trim() });
        onMade(recoveryCodes);
      }}
    >
      {(error) => (
        <>
          <QrCode label={s.qr} text={started.uri} />
          <div className="flex items-center gap-2">
            <output aria-label={s.secret} className="grow font-mono break-all select-all">
              {started.secret}
            </output>
            <CopyButton text={started.secret} />
          </div>
          <Field label={s.code} error={error("code")}>
            <Input
              autoFocus
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
