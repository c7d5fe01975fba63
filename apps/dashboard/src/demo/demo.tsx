import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import type { Connection } from "../api/connection.ts";
import { startDatacenter, type Datacenter } from "./datacenter.ts";

const DemoPanel = lazy(() => import("./demo-panel.tsx").then(({ DemoPanel }) => ({ default: DemoPanel })));

/** For the browser's own console, and for tests in the browser. */
interface DemoHandle {
  datacenter: Datacenter;
  /** Of an object of the kind that an address begins with: vms, nodes, images. */
  anId: (noun: string) => string | undefined;
}

declare global {
  var limiquantixDemo: DemoHandle | undefined;
}

/** The product on a simulated datacenter in this tab: `?vms=` and `?updates=` (a second) make it another size. */
export function Demo({ render, waiting }: { render: (connection: Connection) => ReactNode; waiting: ReactNode }) {
  const [datacenter, setDatacenter] = useState<Datacenter>();
  useEffect(() => {
    let gone = false;
    const search = new URLSearchParams(location.search);
    const amount = (name: string, usual: number) => Math.min(100_000, Number(search.get(name) ?? usual) || 0);
    const started = startDatacenter({ vms: amount("vms", 500), updatesPerSecond: amount("updates", 0) });
    void started.then(async (made) => {
      if (gone) return;
      globalThis.limiquantixDemo = { datacenter: made, anId: (noun) => anId(made, noun) };
      setDatacenter(made);
      await made.whole;
      document.documentElement.dataset["demo"] = "whole";
    });
    return () => {
      gone = true;
      void started.then((made) => made.stop());
    };
  }, []);
  if (!datacenter) return waiting;
  return (
    <>
      {render(datacenter.connection)}
      <Suspense fallback={null}>
        <DemoPanel datacenter={datacenter} />
      </Suspense>
    </>
  );
}

function anId({ connection }: Datacenter, noun: string): string | undefined {
  const kind = noun.replace(/s$/, "") as keyof Connection["inventory"];
  const collection = connection.inventory[kind];
  return (collection?.rows.find((row) => !("spec" in row) || kind !== "vm" || "status" in row) ?? collection?.rows[0])
    ?.id;
}
