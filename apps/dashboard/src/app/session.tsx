import { Code, ConnectError } from "@connectrpc/connect";
import { AuthService, fromConnectError, Reason, SystemService, type Problem, type User } from "@limiquantix/api";
import { createContext, lazy, Suspense, use, useCallback, useEffect, useState, type ReactNode } from "react";
import { useConnection } from "../api/context.tsx";
import { ProblemPanel } from "../ui/problem.tsx";
import { ShellSkeleton } from "./shell-skeleton.tsx";

const LoginPage = lazy(() => import("../pages/login/login-page.tsx").then(({ LoginPage }) => ({ default: LoginPage })));
const NewPasswordPage = lazy(() =>
  import("../pages/login/new-password-page.tsx").then(({ NewPasswordPage }) => ({ default: NewPasswordPage })),
);
const NewFactorPage = lazy(() =>
  import("../pages/login/new-factor-page.tsx").then(({ NewFactorPage }) => ({ default: NewFactorPage })),
);

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

/**
 *     asking ──▶ nobody ──login──▶ user ──the session ends──▶ expired ──login──▶ user
 *                                   └─▶ password, factor: nothing else may be done before
 */
type State =
  | { kind: "asking" }
  | { kind: "nobody" }
  | { kind: "user" | "expired" | "password" | "factor"; user: User }
  | { kind: "failed"; problem: Problem };

/** Shows its children to who is signed in, and the login page to everybody else, at the same address. */
export function SessionGate({ children }: { children: () => ReactNode }) {
  const connection = useConnection();
  const auth = connection.client(AuthService);
  const system = connection.client(SystemService);
  const [state, setState] = useState<State>({ kind: "asking" });
  const refresh = useCallback(() => {
    // Whether a second factor is demanded is told by what is refused, so something harmless is asked for as well.
    const harmless = system.getSystemInfo({});
    Promise.all([auth.whoAmI({}), harmless.then(() => undefined, fromConnectError)]).then(
      ([user, refused]) => {
        const limit = user.mustChangePassword
          ? "password"
          : refused?.reason === Reason.SECOND_FACTOR_NEEDED && "factor";
        setState({ kind: limit || "user", user });
        // It ended when it was refused.
        if (!limit) connection.feed.start();
      },
      (error: unknown) => {
        if (ConnectError.from(error).code !== Code.Unauthenticated) {
          return setState((before) =>
            "user" in before ? before : { kind: "failed", problem: fromConnectError(error) },
          );
        }
        setState((before) => (showsPage(before) ? { kind: "expired", user: before.user } : { kind: "nobody" }));
      },
    );
  }, [auth, system, connection]);
  useEffect(refresh, [refresh]);
  const signOut = useCallback(async () => {
    await auth.logout({}).catch(() => {});
    // Loaded anew: nothing of what this user saw is left for the next one.
    location.assign("/");
  }, [auth]);

  switch (state.kind) {
    case "asking":
      return <ShellSkeleton />;
    case "failed":
      return <ProblemPanel problem={state.problem} retry={refresh} />;
    case "nobody":
      return (
        <Suspense fallback={null}>
          <LoginPage onSignedIn={refresh} />
        </Suspense>
      );
    case "password":
      return (
        <Suspense fallback={null}>
          <NewPasswordPage user={state.user} onDone={refresh} onSignOut={() => void signOut()} />
        </Suspense>
      );
    case "factor":
      return (
        <Suspense fallback={null}>
          <NewFactorPage user={state.user} onDone={refresh} onSignOut={() => void signOut()} />
        </Suspense>
      );
    case "user":
    case "expired":
      return (
        <>
          {/* What one was at stays, with what was typed, under the login. */}
          <div className="h-full" inert={state.kind === "expired"}>
            <SessionContext value={{ user: state.user, signOut, refresh }}>{children()}</SessionContext>
          </div>
          {state.kind === "expired" && (
            <div className="fixed inset-0 z-50 bg-shade">
              <Suspense fallback={null}>
                <LoginPage
                  onSignedIn={(user) => (user?.id === state.user.id ? refresh() : location.reload())}
                  username={state.user.name}
                />
              </Suspense>
            </div>
          )}
        </>
      );
  }
}

function showsPage(state: State): state is State & { kind: "user" | "expired" } {
  return state.kind === "user" || state.kind === "expired";
}
