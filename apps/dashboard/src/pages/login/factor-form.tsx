import type { SecondFactor } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { hasPasskeys } from "./passkey.ts";

const s = strings.login;

export type Proof = { case: "totpCode" | "recoveryCode" | "passkeyJson"; value: string };

/** What the user has beside the password: a passkey, a code of an app, or one of the codes kept for when that is lost. */
export function FactorForm(props: {
  busy: boolean;
  factor: SecondFactor;
  onBack: () => void;
  onCode: (proof: Proof) => void;
  onPasskey: (optionsJson: string) => void;
}) {
  const { busy, factor, onBack, onCode, onPasskey } = props;
  const [recovery, setRecovery] = useState(!factor.totp && !factor.passkeyOptionsJson);
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onCode({ case: recovery ? "recoveryCode" : "totpCode", value: code.trim() });
  };
  const asksForCode = factor.totp || recovery;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {factor.passkeyOptionsJson && hasPasskeys() && (
        <Button look={asksForCode ? "plain" : "primary"} onClick={() => onPasskey(factor.passkeyOptionsJson)}>
          {s.passkeyFactor}
        </Button>
      )}
      {asksForCode && (
        <Field label={recovery ? s.recovery : s.code}>
          <Input
            autoFocus
            required
            inputMode={recovery ? "text" : "numeric"}
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </Field>
      )}
      {factor.recoveryCode && (factor.totp || factor.passkeyOptionsJson) && (
        <button type="button" className="self-start text-muted hover:text-text" onClick={() => setRecovery(!recovery)}>
          {recovery ? s.codeInstead : s.recoveryInstead}
        </button>
      )}
      <div className="flex justify-between">
        <Button look="ghost" onClick={onBack}>
          {s.back}
        </Button>
        {asksForCode && (
          <Button look="primary" type="submit" busy={busy}>
            {s.verify}
          </Button>
        )}
      </div>
    </form>
  );
}
