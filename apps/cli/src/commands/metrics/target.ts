import { getObject, type ObjectInit } from "../../rpc/resolve-object.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";

const measured: ReadonlySet<string> = new Set(["vm", "node", "pool", "cluster", "root"]);

/** `vm/web-1`, `node/hv-1`, `pool/…`, `cluster/…`; root is all hosts together. */
export async function getTarget(session: Session, text: string): Promise<{ kind: string; id: string }> {
  const { kind = "", id = "" }: ObjectInit = await getObject(session, text);
  if (!measured.has(kind)) {
    throw new UsageError(`a ${kind} is not measured`, "Name a vm, a node, a pool or a cluster, or root.");
  }
  return { kind, id };
}
