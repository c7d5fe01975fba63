import type { Node } from "@limiquantix/api";
import { allPages, pageSize } from "./pages.ts";
import type { Session } from "./session.ts";

/** Answers a host's name for its id; the id itself where the host is gone. */
export type Hostname = (nodeId: string) => string;

/** Lists carry host ids; people know names. */
export async function readHostnames(session: Session): Promise<Hostname> {
  const names = new Map((await readNodes(session)).map((node) => [node.id, node.hostname]));
  return (nodeId) => names.get(nodeId) ?? nodeId;
}

export function readNodes(session: Session): Promise<Node[]> {
  return allPages(async (pageToken) => {
    const page = await session.nodes.listNodes({ pageSize, pageToken });
    return { items: page.nodes, nextPageToken: page.nextPageToken };
  });
}
