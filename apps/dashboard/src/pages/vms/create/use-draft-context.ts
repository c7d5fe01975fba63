import { useEffect, useMemo, useState } from "react";
import { useConnection } from "../../../api/context.tsx";
import { useRows } from "../../../live/use-collection.ts";
import type { Draft } from "./draft.ts";
import type { UserDataFault } from "./user-data.ts";
import type { DraftContext } from "./validate.ts";

/** What the draft refers to, live; and what is wrong with its user-data, once the parser is there. */
export function useDraftContext({ userData }: Draft): DraftContext {
  const { inventory } = useConnection();
  const images = useRows(inventory.image);
  const networks = useRows(inventory.network);
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const volumes = useRows(inventory.volume);
  const userDataFault = useUserDataFault(userData);
  return useMemo(
    () => ({
      images: byId(images),
      networks: byId(networks),
      pools: byId(pools),
      nodes: byId(nodes),
      volumes: byId(volumes),
      userDataFault,
    }),
    [images, networks, pools, nodes, volumes, userDataFault],
  );
}

/** The parser comes with the first text that needs it. */
function useUserDataFault(text: string): UserDataFault | undefined {
  const [fault, setFault] = useState<UserDataFault>();
  useEffect(() => {
    let stale = false;
    if (text.trim() === "") setFault(undefined);
    else {
      void import("./user-data.ts").then(({ userDataFault }) => {
        if (!stale) setFault(userDataFault(text));
      });
    }
    return () => {
      stale = true;
    };
  }, [text]);
  return fault;
}

function byId<Row extends { id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
