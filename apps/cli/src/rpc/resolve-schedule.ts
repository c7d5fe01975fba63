import type { SnapshotSchedule } from "@limiquantix/api";
import { allPages, pageSize } from "./pages.ts";
import { getVm, isId, only } from "./resolve.ts";
import type { Session } from "./session.ts";

export function readSchedules(session: Session, projectId = ""): Promise<SnapshotSchedule[]> {
  return allPages(async (pageToken) => {
    const page = await session.schedules.listSnapshotSchedules({ projectId, pageSize, pageToken });
    return { items: page.schedules, nextPageToken: page.nextPageToken };
  });
}

export async function getSchedule(session: Session, ref: string): Promise<SnapshotSchedule> {
  if (isId(ref)) return session.schedules.getSnapshotSchedule({ id: ref });
  const all = await readSchedules(session);
  const matching = all.filter(({ name }) => name === ref);
  return only("snapshot schedule", ref, matching, ({ projectId }) => `project ${projectId}`);
}

/** Ids of VMs by name or id; undefined where none were named. */
export function getVms(session: Session, refs: readonly string[] | undefined): Promise<string[]> | undefined {
  return refs && Promise.all(refs.map(async (ref) => (await getVm(session, ref)).id));
}

/** Names for ids; an id for a VM that is gone, or that one may not see. */
export async function vmNamesOf(session: Session, ids: readonly string[]): Promise<(id: string) => string> {
  const read = async (id: string) => [id, (await getVm(session, id)).name] as const;
  const found = await Promise.allSettled(ids.map(read));
  const names = new Map(found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
  return (id) => names.get(id) ?? id;
}
