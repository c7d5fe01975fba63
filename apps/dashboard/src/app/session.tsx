import { Code, ConnectError } from "@connectrpc/connect";
import { AuthService, fromConnectError, type Problem, type User } from "@limiquantix/api";
import { createContext, lazy, Suspense, use, useCallback, useEffect, useState, type ReactNode } from "react";
import { useClient } from "../api/context.tsx";
import { ProblemPanel } from "../ui/problem.tsx";

const LoginPage = lazy(() => import("../pages/login/login-page.tsx").then(({ LoginPage }) => ({ default: LoginPage })));

export interface Session {
  user: User;
  signOut: () => Promise<void>;
  /** Asks again who the user is: after a change of password, or when the server said that it no longer knows. */
  refresh: () => void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** Undefined in the demo, which has no users. */
export function useSession(): Session | undefined {
  return use(SessionContext);
}

type State =
  | { kind: "asking" }
  | { kind: "nobody" }
  | { kind: "user"; user: User }
  | { kind: "failed"; problem: Problem };

/** Shows its children to who is signed in, and the login page to everybody else, at the same address. */
export function SessionGate({ children }: { children: () => ReactNode }) {
  const auth = useClient(AuthService);
  const [state, setState] = useState<State>({ kind: "asking" });
  const refresh = useCallback(() => {
    auth.whoAmI({}).then(
      (user) => setState({ kind: "user", user }),
      (error: unknown) => {
        const nobody = ConnectError.from(error).code === Code.Unauthenticated;
        setState(nobody ? { kind: "nobody" } : { kind: "failed", problem: fromConnectError(error) });
      },
    );
  }, [auth]);
  useEffect(refresh, [refresh]);
  const signOut = useCallback(async () => {
    await auth.logout({}).catch(() => {});
    setState({ kind: "nobody" });
  }, [auth]);

  switch (state.kind) {
    case "asking":
      return null;
    case "failed":
      return <ProblemPanel problem={state.problem} retry={refresh} />;
    case "nobody":
      return (
        <Suspense fallback={null}>
          <LoginPage onSignedIn={refresh} />
        </Suspense>
      );
    case "user":
      return <SessionContext value={{ user: state.user, signOut, refresh }}>{children()}</SessionContext>;
  }
}
