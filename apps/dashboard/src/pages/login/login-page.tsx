import {
  AuthService,
  fromConnectError,
  type LoginResponse,
  type Problem,
  type SecondFactor,
  type User,
} from "@limiquantix/api";
import { useCallback, useEffect, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { FactorForm } from "./factor-form.tsx";
import { LoginFrame } from "./login-frame.tsx";
import { addressNow, rememberLogin, takeReturned } from "./oidc-return.ts";
import { hasPasskeys, provePasskey } from "./passkey.ts";
import { PasswordForm } from "./password-form.tsx";

const s = strings.login;

export interface LoginPageProps {
  onSignedIn: (user: User | undefined) => void;
  username?: string;
}

/** Asks who one is: a password, then a second factor where there is one; a passkey; or another provider. */
export function LoginPage({ onSignedIn, username = "" }: LoginPageProps) {
  const auth = useClient(AuthService);
  const [factor, setFactor] = useState<SecondFactor>();
  const [problem, setProblem] = useState<Problem>();
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const { data: methods } = useQuery("methods", (signal) => auth.listLoginMethods({}, { signal }));

  const attempt = useCallback(
    async (work: () => Promise<LoginResponse>) => {
      setBusy(true);
      setProblem(undefined);
      setRefusal("");
      try {
        const { secondFactor, user } = await work();
        if (secondFactor) setFactor(secondFactor);
        else onSignedIn(user);
      } catch (error) {
        // A dialog of the browser that was closed is no failure of ours.
        if (!(error instanceof DOMException)) setProblem(fromConnectError(error));
      } finally {
        setBusy(false);
      }
    },
    [onSignedIn],
  );

  useEffect(() => {
    document.title = `${s.title} · limiquantix`;
    const returned = takeReturned();
    if (returned?.error) setRefusal(s.refused(returned.error));
    else if (returned) {
      const proof = { case: "oidcCode", value: returned.code } as const;
      void attempt(() => auth.finishLogin({ loginId: returned.loginId, proof, cookie: true }));
    }
  }, [auth, attempt]);

  const toProvider = async (provider: string): Promise<void> => {
    try {
      const { url, loginId } = await auth.startOidcLogin({ provider, returnTo: addressNow() });
      rememberLogin(loginId);
      location.assign(url);
    } catch (error) {
      setProblem(fromConnectError(error));
    }
  };
  const byPasskey = async (): Promise<LoginResponse> => {
    const { loginId, optionsJson } = await auth.startPasskeyLogin({});
    const value = await provePasskey(optionsJson);
    return auth.finishLogin({ loginId, proof: { case: "passkeyJson", value }, cookie: true });
  };

  if (factor) {
    const { loginId } = factor;
    const finish = (proof: Parameters<typeof auth.finishLogin>[0]["proof"]) =>
      auth.finishLogin({ loginId, proof, cookie: true });
    return (
      <LoginFrame problem={problem}>
        <FactorForm
          busy={busy}
          factor={factor}
          onBack={() => setFactor(undefined)}
          onCode={(proof) => void attempt(() => finish(proof))}
          onPasskey={(options) =>
            void attempt(async () => finish({ case: "passkeyJson", value: await provePasskey(options) }))
          }
        />
      </LoginFrame>
    );
  }
  const providers = methods?.providers.filter(({ oidc }) => oidc) ?? [];
  return (
    <LoginFrame problem={problem}>
      {refusal && (
        <p role="alert" className="mb-4 text-bad">
          {refusal}
        </p>
      )}
      <PasswordForm
        busy={busy}
        username={username}
        onSubmit={(login) => void attempt(() => auth.login({ ...login, cookie: true }))}
      />
      {((methods?.passkeys && hasPasskeys()) || providers.length > 0) && (
        <div className="mt-5 flex flex-col gap-2 border-t border-line pt-5">
          {methods?.passkeys && hasPasskeys() && <Button onClick={() => void attempt(byPasskey)}>{s.passkey}</Button>}
          {providers.map(({ name, displayName }) => (
            <Button key={name} onClick={() => void toProvider(name)}>
              {s.with(displayName || name)}
            </Button>
          ))}
        </div>
      )}
    </LoginFrame>
  );
}
