import { allPages, pageSize } from "../../rpc/pages.ts";
import type { Session } from "../../rpc/session.ts";

// A type, not an interface: it is printed as JSON.
export type Busy = { id: string; name: string; cpuPercent: number; memoryMib: number };

/** What is measured now, the busiest first. */
export async function busiest(session: Session, kind: "vms" | "nodes"): Promise<Busy[]> {
  const [names, batch] = await Promise.all([namesOf(session, kind), loadsOf(session, kind)]);
  const ids = Array.from({ length: (batch?.ids.length ?? 0) / 16 }, (_, i) =>
    uuid(batch?.ids.subarray(16 * i, 16 * i + 16) ?? new Uint8Array()),
  );
  const found = (batch?.index ?? []).map((number, i) => {
    const id = ids[number] ?? "";
    return {
      id,
      name: names.get(id) ?? id,
      cpuPercent: (batch?.cpu[i] ?? 0) / 10,
      memoryMib: batch?.memory[i] ?? 0,
    };
  });
  return found.toSorted((a, b) => b.cpuPercent - a.cpuPercent || a.name.localeCompare(b.name));
}

/** The first message of the stream has all of them. */
async function loadsOf(session: Session, kind: "vms" | "nodes") {
  for await (const update of session.metrics.watchLoads({})) return update[kind];
  return undefined;
}

async function namesOf(session: Session, kind: "vms" | "nodes"): Promise<Map<string, string>> {
  const rows = await allPages(async (pageToken) => {
    if (kind === "vms") {
      const page = await session.vms.listVMs({ pageSize, pageToken });
      return { items: page.vms, nextPageToken: page.nextPageToken };
    }
    const page = await session.nodes.listNodes({ pageSize, pageToken });
    return { items: page.nodes.map(({ id, hostname }) => ({ id, name: hostname })), nextPageToken: page.nextPageToken };
  });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function uuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
