import { problem, Reason } from "@limiquantix/api";
import { type Clock, sleep } from "@limiquantix/kit";
import type { HostCommands } from "../lvm/host-commands.ts";
import { groupTag, THIN_POOL } from "../lvm/lv-names.ts";
import { type ListedGroup, parseVgs } from "../lvm/lvm-report.ts";
import { EXTENT_BYTES } from "../lvm/new-volume.ts";
import type { VolumeGroup } from "../lvm/volume-group.ts";

/** Of a group that no host has. It is one that no host has for its own, so LVM leaves such groups alone everywhere. */
const NOBODY = "limiquantix-nobody";
/** Two hosts that take a free group at once both write; after this long they see whose writing stayed. */
const SETTLE_MS = 3000;
const QUICK_MS = 30_000;

export interface ThinPoolOptions {
  commands: HostCommands;
  clock: Clock;
  pool: string;
  group: VolumeGroup;
  systemId: string;
  /** Take an empty LUN into use. */
  initialize: boolean;
}

/**
 * Makes the group on a LUN this host's, and everything on it that is missing. POOL_NOT_OURS for a LUN that holds anything
 * else; POOL_UNAVAILABLE while another host has it. docs/how-to/iscsi-pools.md says how a host that died is succeeded.
 */
export async function takeThinPool(options: ThinPoolOptions, device: string): Promise<void> {
  const { pool, group, systemId, clock } = options;
  const found = await listGroups(options);
  const ours = found.find(({ name }) => name === group.name);
  if (!ours) await initialize(options, device, found);
  else if (!ours.tags.includes(groupTag(pool)))
    throw problem(Reason.POOL_NOT_OURS, { pool, why: `its volume group ${ours.name} is not marked as this pool's` });
  else if (ours.systemId === NOBODY) {
    await giveGroup(group, systemId);
    await sleep(clock, SETTLE_MS);
    const now = (await listGroups(options)).find(({ name }) => name === group.name);
    assertHere(options, now?.systemId);
  } else assertHere(options, ours.systemId);
  await ensureThinPool(options);
}

/** So that another host may have it. Nothing of it is active here any more. */
export async function leaveThinPool(group: VolumeGroup): Promise<void> {
  await group.lvm("vgchange", ["--quiet", "--yes", "--activate", "n", group.name]);
  await giveGroup(group, NOBODY);
}

async function giveGroup(group: VolumeGroup, systemId: string): Promise<void> {
  const args = ["--quiet", "--yes", "--systemid", systemId, group.name];
  await group.lvm("vgchange", args, { alsoSystemIds: [NOBODY] });
}

async function listGroups({ group }: ThinPoolOptions): Promise<ListedGroup[]> {
  const report = ["--reportformat", "json", "--units", "b", "--nosuffix"];
  return parseVgs(await group.lvm("vgs", ["--foreign", ...report, "-o", "vg_name,vg_tags,vg_systemid"]));
}

async function initialize(options: ThinPoolOptions, device: string, found: readonly ListedGroup[]): Promise<void> {
  const { commands, pool, group } = options;
  const notOurs = (why: string) => problem(Reason.POOL_NOT_OURS, { pool, why });
  const [other] = found;
  if (other) throw notOurs(`the LUN has the volume group ${other.name}`);
  const said = await commands.run("wipefs", ["--no-act", "--json", device], { timeoutMs: QUICK_MS });
  const { signatures = [] } = JSON.parse(said || "{}") as { signatures?: { type: string }[] };
  if (signatures.length > 0) throw notOurs(`the LUN holds ${signatures.map(({ type }) => type).join(", ")}`);
  if (!options.initialize) throw notOurs("the LUN is empty, and `initialize` was not asked for");
  const extents = ["--physicalextentsize", `${EXTENT_BYTES}b`];
  const marks = ["--setautoactivation", "n", "--addtag", groupTag(pool)];
  await group.lvm("vgcreate", ["--quiet", "--yes", ...extents, ...marks, group.name, device]);
}

/** A full pool is to say so at once: LVM's way is to keep writers waiting for a minute. */
async function ensureThinPool({ group }: ThinPoolOptions): Promise<void> {
  if ((await group.list()).some(({ name }) => name === THIN_POOL)) return;
  const behaviour = ["--zero", "y", "--discards", "passdown"];
  const options = ["--type", "thin-pool", "--extents", "100%FREE", ...behaviour, "--name", THIN_POOL];
  await group.lvm("lvcreate", ["--quiet", "--yes", ...options, group.name]);
  await group.lvm("lvchange", ["--quiet", "--yes", "--errorwhenfull", "y", `${group.name}/${THIN_POOL}`]);
}

function assertHere({ pool, systemId }: ThinPoolOptions, holder: string | undefined): void {
  if (holder === systemId) return;
  throw problem(Reason.POOL_UNAVAILABLE, {
    pool,
    cause: holder
      ? `host ${holder} has it, and one host has a thin pool of LVM at a time`
      : "its volume group has no host's system ID: somebody else changed it",
  });
}
