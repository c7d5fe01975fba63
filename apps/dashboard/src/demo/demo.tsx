import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import type { Cluster } from "@limiquantix/sim";
import type { Connection } from "../api/connection.ts";
import { HeaderExtra } from "../app/header-extra.ts";
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
export function Demo({ render }: { render: (connection: Connection) => ReactNode }) {
  const [datacenter] = useState(open);
  const [cluster, setCluster] = useState<Cluster>();
  useEffect(() => {
    globalThis.limiquantixDemo = { datacenter, anId: (noun) => anId(datacenter, noun) };
    void datacenter.ready.then(setCluster);
    void datacenter.whole.then(() => (document.documentElement.dataset["demo"] = "whole"));
  }, [datacenter]);
  return (
    <HeaderExtra
      value={<Suspense fallback={null}>{cluster && <DemoPanel datacenter={datacenter} cluster={cluster} />}</Suspense>}
    >
      {render(datacenter.connection)}
    </HeaderExtra>
  );
}

let opened: Datacenter | undefined;

/** One for the tab: it ends with it. */
function open(): Datacenter {
  const search = new URLSearchParams(location.search);
  const amount = (name: string, usual: number) => Math.min(100_000, Number(search.get(name) ?? usual) || 0);
  return (opened ??= startDatacenter({ vms: amount("vms", 500), updatesPerSecond: amount("updates", 0) }));
}

function anId({ connection }: Datacenter, noun: string): string | undefined {
  return connection.inventory[noun.replace(/s$/, "") as keyof Connection["inventory"]]?.rows[0]?.id;
}
