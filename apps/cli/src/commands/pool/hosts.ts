import type { Node } from "@limiquantix/api";
import { readNodes } from "../../rpc/hostnames.ts";
import { getNode } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";

/** The hosts that `--node` names, or all with `--all-nodes`. */
export async function readHosts(
  session: Session,
  { node = [], allNodes }: { node?: string[]; allNodes?: boolean },
): Promise<Node[]> {
  if (allNodes && node.length > 0)
    throw new UsageError("some hosts and all of them are named", "Leave out the hosts, or --all-nodes.");
  if (allNodes) return readNodes(session);
  return Promise.all(node.flatMap((text) => text.split(",")).map((ref) => getNode(session, ref)));
}
