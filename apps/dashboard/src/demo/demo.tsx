import { useEffect, useState, type ReactNode } from "react";
import type { Connection } from "../api/connection.ts";
import { startDatacenter, type Datacenter } from "./datacenter.ts";

/** The product on a simulated datacenter in this tab. */
export function Demo({ render }: { render: (connection: Connection) => ReactNode }) {
  const [datacenter, setDatacenter] = useState<Datacenter>();
  useEffect(() => {
    let gone = false;
    const started = startDatacenter();
    void started.then((made) => (gone ? made.stop() : setDatacenter(made)));
    return () => {
      gone = true;
      void started.then((made) => made.stop());
    };
  }, []);
  if (!datacenter) return null;
  return render(datacenter.connection);
}
