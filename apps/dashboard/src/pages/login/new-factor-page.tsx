import { AuthService, fromConnectError, type Problem, type StartTotpResponse, type User } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { useClient } from "../../api/context.tsx";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { LoginFrame } from "./login-frame.tsx";
import { hasPasskeys, makePasskey } from "./passkey.ts";

const s = strings.login;

/** Where the rules demand a second factor, whoever has none makes one before anything else. */
export function NewFactorPage({ user, onDone, onSignOut }: { user: User; onDone: () => void; onSignOut: () => void }) {
  const auth = useClient(AuthService);
  const [totp, setTotp] = useState<StartTotpResponse>();
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState<readonly string[]>();
  const [problem, setProblem] = useState<Problem>();
  const attempt = async (work: () => Promise<void>) => {
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DOMException)) setProblem(fromConnectError(error));
    }
  };
  const made = (codes: readonly string[]) => (codes.length > 0 ? setRecovery(codes) : onDone());
  const byPasskey = async () => {
    const { factorId, optionsJson } = await auth.startPasskey({ name: s.factorName });
    const { recoveryCodes } = await auth.confirmPasskey({ factorId, responseJson: await makePasskey(optionsJson) });
    made(recoveryCodes);
  };
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      const { recoveryCodes } = await auth.confirmTotp({ factorId: totp?.factorId ?? "", code: code.trim() });
      made(recoveryCodes);
    });
  };

  if (recovery) {
    return (
      <LoginFrame problem={undefined}>
        <p>{s.recoveryText}</p>
        <ul className="my-4 grid grid-cols-2 gap-1 rounded-md bg-hover p-3 font-mono">
          {recovery.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        <Button look="primary" onClick={onDone}>
          {s.recoveryKept}
        </Button>
      </LoginFrame>
    );
  }
  return (
    <LoginFrame problem={problem}>
      <p className="mb-4 text-muted">{s.mustEnroll(user.name)}</p>
      {totp ? (
        <form onSubmit={confirm} className="flex flex-col gap-4">
          <p>{strings.account.factors.scan}</p>
          <QrCode label={strings.account.factors.qr} text={totp.uri} />
          <p>
            <code className="block rounded-md bg-hover p-2 font-mono break-all select-all">{totp.secret}</code>
            <a className="text-accent underline" href={totp.uri}>
              {s.openApp}
            </a>
          </p>
          <Field label={s.code}>
            <Input
              autoFocus
              required
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </Field>
          <Button look="primary" type="submit">
            {s.verify}
          </Button>
        </form>
      ) : (
        <div className="flex flex-col gap-2">
          {hasPasskeys() && (
            <Button look="primary" onClick={() => void attempt(byPasskey)}>
              {s.makePasskey}
            </Button>
          )}
          <Button onClick={() => void attempt(async () => setTotp(await auth.startTotp({ name: s.factorName })))}>
            {s.makeTotp}
          </Button>
        </div>
      )}
      <div className="mt-4">
        <Button look="ghost" onClick={onSignOut}>
          {strings.shell.signOut}
        </Button>
      </div>
    </LoginFrame>
  );
}
