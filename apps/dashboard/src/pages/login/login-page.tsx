import { AuthService, fromConnectError, type LoginResponse, type Problem, type SecondFactor } from "@limiquantix/api";
import { useState, type FormEvent } from "react";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { ProblemText } from "../../ui/problem.tsx";

const s = strings.login;

/** Asks who one is: a password, then a second factor where there is one; or another provider. */
export function LoginPage({ onSignedIn }: { onSignedIn: () => void }) {
  const auth = useClient(AuthService);
  const [factor, setFactor] = useState<SecondFactor>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const { data: methods } = useQuery("methods", (signal) => auth.listLoginMethods({}, { signal }));

  const attempt = async (work: () => Promise<LoginResponse>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { secondFactor } = await work();
      if (secondFactor) setFactor(secondFactor);
      else onSignedIn();
    } catch (error) {
      setProblem(fromConnectError(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="flex min-h-full items-center justify-center bg-ground p-4">
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6 shadow-sm">
        <div className="mb-5 flex items-center gap-2">
          <img src="/icon.svg" alt="" width={28} height={28} />
          <h1 className="text-[17px] font-semibold">{strings.shell.product}</h1>
        </div>
        {problem && (
          <div role="alert" className="mb-4 rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={problem} />
          </div>
        )}
        {factor ? (
          <FactorForm
            busy={busy}
            factor={factor}
            onBack={() => setFactor(undefined)}
            onCode={(proof) => attempt(() => auth.finishLogin({ loginId: factor.loginId, proof, cookie: true }))}
          />
        ) : (
          <PasswordForm busy={busy} onSubmit={(login) => attempt(() => auth.login({ ...login, cookie: true }))} />
        )}
        {!factor && (
          <div className="mt-4 flex flex-col gap-2">
            {methods?.providers
              .filter(({ oidc }) => oidc)
              .map(({ name, displayName }) => (
                <Button key={name} onClick={() => void toProvider(name)}>
                  {s.with(displayName || name)}
                </Button>
              ))}
          </div>
        )}
      </div>
    </main>
  );

  async function toProvider(provider: string): Promise<void> {
    try {
      const { url } = await auth.startOidcLogin({ provider, returnTo: `${location.origin}/` });
      location.assign(url);
    } catch (error) {
      setProblem(fromConnectError(error));
    }
  }
}

function PasswordForm({
  busy,
  onSubmit,
}: {
  busy: boolean;
  onSubmit: (login: { username: string; password: string }) => void;
}) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ username, password });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={s.user}>
        <Input
          autoFocus
          required
          autoComplete="username webauthn"
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </Field>
      <Field label={s.password}>
        <Input
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

type Proof = { case: "totpCode" | "recoveryCode"; value: string };

function FactorForm(props: {
  busy: boolean;
  factor: SecondFactor;
  onBack: () => void;
  onCode: (proof: Proof) => void;
}) {
  const { busy, onBack, onCode } = props;
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCode({ case: recovery ? "recoveryCode" : "totpCode", value: code.trim() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
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
      <button type="button" className="self-start text-muted hover:text-text" onClick={() => setRecovery(!recovery)}>
        {recovery ? s.codeInstead : s.recoveryInstead}
      </button>
      <div className="flex justify-between">
        <Button look="ghost" onClick={onBack}>
          {s.back}
        </Button>
        <Button look="primary" type="submit" busy={busy}>
          {s.verify}
        </Button>
      </div>
    </form>
  );
}
