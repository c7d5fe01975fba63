import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { Connection } from "../api/connection.ts";
import { ConnectionContext } from "../api/context.tsx";
import { serverTransport } from "../api/server-transport.ts";
import { loadLate } from "./load-late.ts";
import { createAppRouter } from "./router.tsx";
import { ShellSkeleton } from "./shell-skeleton.tsx";
import { SessionGate } from "./session.tsx";

const Demo = lazy(() => import("../demo/demo.tsx").then(({ Demo }) => ({ default: Demo })));

const Toaster = lazy(() =>
  soon()
    .then(() => loadLate(() => import("./toaster.tsx")))
    .then(({ Toaster }) => ({ default: Toaster })),
);

const ConsoleLinkPage = lazy(() =>
  import("../pages/console/console-link-page.tsx").then(({ ConsoleLinkPage }) => ({ default: ConsoleLinkPage })),
);

const demoPath = "/demo";
/** A screen that is shared with people who have no account: nobody signs in there. */
const consoleLink = /^\/console-link\/([^/]+)$/;

/** The product on the server that sent this page, or at /demo on a datacenter in this tab. */
export function App() {
  const isDemo = location.pathname === demoPath || location.pathname.startsWith(`${demoPath}/`);
  const secret = consoleLink.exec(location.pathname)?.[1];
  return (
    <>
      <Suspense fallback={<ShellSkeleton />}>
        {secret ? (
          <ConsoleLinkPage secret={secret} />
        ) : isDemo ? (
          <Demo render={(connection) => <Product connection={connection} basepath={demoPath} />} />
        ) : (
          <Server />
        )}
      </Suspense>
      <Suspense fallback={null}>
        <Toaster />
      </Suspense>
    </>
  );
}

function Server() {
  const [connection] = useState(() => new Connection(serverTransport()));
  return (
    <ConnectionContext value={connection}>
      <SessionGate>{() => <Product connection={connection} basepath="/" />}</SessionGate>
    </ConnectionContext>
  );
}

export function Product({ connection, basepath }: { connection: Connection; basepath: string }) {
  const router = useMemo(() => createAppRouter(basepath), [basepath]);
  useEffect(() => {
    connection.feed.start();
    return () => connection.feed.stop();
  }, [connection]);
  return (
    <ConnectionContext value={connection}>
      <RouterProvider router={router} />
    </ConnectionContext>
  );
}

/** What nobody looks at yet is loaded when the first page is there. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1500));
}
