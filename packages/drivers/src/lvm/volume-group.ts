import { SerialQueue } from "@limiquantix/kit";
import type { HostCommands } from "./host-commands.ts";
import { isInactive } from "./lvm-failure.ts";
import { type ListedLv, parseLvs, parseThinDevices, parseThinPoolPercent } from "./lvm-report.ts";
import { THIN_POOL } from "./lv-names.ts";

/** Commands wait for each other (LVM locks its group), and for udev. */
const COMMAND_MS = 120_000;
const QUICK_MS = 30_000;

const FIELDS = [
  "lv_name",
  "lv_size",
  "lv_tags",
  "lv_time",
  "lv_active",
  "lv_device_open",
  "thin_id",
  "data_percent",
  "metadata_percent",
  "lv_health_status",
];

export interface VolumeGroupOptions {
  commands: HostCommands;
  name: string;
  /** LVM's system ID of this host: LVM touches no group that has another one. */
  systemId: string;
  /** The one device that LVM may look at; POOL_UNAVAILABLE where it is not there. */
  device: () => Promise<string>;
  /** Where device nodes are: /dev. */
  deviceDirectory?: string | undefined;
}

export interface NewLv {
  name: string;
  tags?: readonly string[] | undefined;
}

/**
 * One volume group with one thin pool, by lvm(8). LVM is shown the group's own device and no other, so that it never looks
 * into the disks of guests; and what is in the host's own lvm.conf about devices does not matter.
 */
export class VolumeGroup {
  readonly name: string;
  readonly #options: VolumeGroupOptions;
  /** A pool has one frozen view of its metadata at a time. */
  readonly #views = new SerialQueue();

  constructor(options: VolumeGroupOptions) {
    this.#options = options;
    this.name = options.name;
  }

  path(lv: string): string {
    return `${this.#options.deviceDirectory ?? "/dev"}/${this.name}/${lv}`;
  }

  async list(): Promise<ListedLv[]> {
    const report = ["--reportformat", "json", "--units", "b", "--nosuffix", "-o", FIELDS.join(",")];
    return parseLvs(await this.lvm("lvs", [...report, this.name]));
  }

  /** A thin volume that is not active. */
  async create({ name, tags = [], sizeBytes }: NewLv & { sizeBytes: number }): Promise<void> {
    const size = ["--virtualsize", `${sizeBytes}b`, "--thinpool", `${this.name}/${THIN_POOL}`];
    await this.lvm("lvcreate", ["--quiet", "--yes", ...size, "--name", name, ...skipped(tags)]);
  }

  /** A thin volume with the same blocks, not active. */
  async snapshot(origin: string, { name, tags = [], readOnly }: NewLv & { readOnly: boolean }): Promise<void> {
    const permission = ["--permission", readOnly ? "r" : "rw"];
    const options = ["--snapshot", "--name", name, ...permission, ...skipped(tags)];
    await this.lvm("lvcreate", ["--quiet", "--yes", ...options, `${this.name}/${origin}`]);
  }

  async activate(lv: string): Promise<void> {
    await this.lvm("lvchange", ["--quiet", "--yes", "--activate", "y", "--ignoreactivationskip", `${this.name}/${lv}`]);
  }

  /**
   * As LVM does it for a thin volume, without what LVM reads before: it takes a fraction of the time, and works when the LUN
   * answers no more. Nothing happens to one that is not active.
   */
  async deactivate(lv: string): Promise<void> {
    try {
      await this.#options.commands.run("dmsetup", ["remove", `${this.name}-${lv}`], { timeoutMs: QUICK_MS });
    } catch (error) {
      if (!isInactive(error)) throw error;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.lvm("lvrename", ["--quiet", "--yes", this.name, from, to]);
  }

  async grow(lv: string, sizeBytes: number): Promise<void> {
    await this.lvm("lvextend", ["--quiet", "--yes", "--size", `${sizeBytes}b`, `${this.name}/${lv}`]);
  }

  /** Into an active one, from its beginning on. */
  async write(lv: string, bytes: Uint8Array): Promise<void> {
    const args = [`of=${this.path(lv)}`, "bs=1M", "iflag=fullblock", "conv=fsync,notrunc", "status=none"];
    await this.#options.commands.run("dd", args, { timeoutMs: COMMAND_MS, input: bytes });
  }

  /** All of a small one that is active. */
  async read(lv: string): Promise<Buffer> {
    const text = await this.#options.commands.run("base64", [this.path(lv)], { timeoutMs: COMMAND_MS });
    return Buffer.from(text, "base64");
  }

  /** None of them is open. */
  async remove(lvs: readonly string[]): Promise<void> {
    if (lvs.length === 0) return;
    await this.lvm("lvremove", ["--quiet", "--yes", "--force", ...lvs.map((lv) => `${this.name}/${lv}`)]);
  }

  /** How full the thin pool is. Quick: it reads nothing of the LUN. */
  async usedPercent(): Promise<number> {
    const device = `${this.name}-${THIN_POOL}-tpool`;
    return parseThinPoolPercent(
      await this.#options.commands.run("dmsetup", ["status", device], { timeoutMs: QUICK_MS }),
    );
  }

  /** Bytes that each thin volume maps, active or not, by its thin id: from a frozen view of the pool's metadata. */
  async mappedBytes(): Promise<Map<number, number>> {
    return this.#withMetadataView((metadata) => this.#thinList("MAPPED_BYTES", metadata));
  }

  /** Bytes that no other volume maps. Reads through all that the pool knows. */
  async exclusiveBytes(): Promise<Map<number, number>> {
    return this.#withMetadataView((metadata) => this.#thinList("EXCLUSIVE_BYTES", metadata));
  }

  /** `alsoSystemIds`: groups of these hosts may be touched too. */
  async lvm(command: string, args: readonly string[], options: { alsoSystemIds?: string[] } = {}): Promise<string> {
    const device = await this.#options.device();
    const config = ["--config", lvmConfig(this.#options.systemId, options.alsoSystemIds), "--devices", device];
    return this.#options.commands.run("lvm", [command, ...config, ...args], { timeoutMs: COMMAND_MS });
  }

  async #thinList(field: string, metadata: string): Promise<Map<number, number>> {
    const options = ["--metadata-snap", "--no-headers", "--format", `DEV,${field}`];
    const said = await this.#options.commands.run("thin_ls", [...options, metadata], { timeoutMs: QUICK_MS });
    return parseThinDevices(said);
  }

  #withMetadataView<T>(work: (metadata: string) => Promise<T>): Promise<T> {
    return this.#views.run(() => this.#inMetadataView(work));
  }

  async #inMetadataView<T>(work: (metadata: string) => Promise<T>): Promise<T> {
    const pool = `${this.name}-${THIN_POOL}`;
    const message = (words: string) =>
      this.#options.commands.run("dmsetup", ["message", `${pool}-tpool`, "0", words], { timeoutMs: QUICK_MS });
    try {
      await message("reserve_metadata_snap");
    } catch {
      // One was left by a daemon that was killed.
      await message("release_metadata_snap");
      await message("reserve_metadata_snap");
    }
    try {
      return await work(`${this.#options.deviceDirectory ?? "/dev"}/mapper/${pool}_tmeta`);
    } finally {
      await message("release_metadata_snap");
    }
  }
}

/** Nobody activates it by itself: see lvmthin(7), "Activation skip". */
function skipped(tags: readonly string[]): string[] {
  return ["--setactivationskip", "y", ...tags.flatMap((tag) => ["--addtag", tag])];
}

/** lvm.conf(5). */
function lvmConfig(systemId: string, extraSystemIds: readonly string[] = []): string {
  const extra = extraSystemIds.map((id) => `"${id}"`).join(",");
  return [
    'global { system_id_source="lvmlocal" notify_dbus=0 }',
    `local { system_id="${systemId}"${extra && ` extra_system_ids=[${extra}]`} }`,
    "activation { monitoring=0 }",
    "backup { backup=0 archive=0 }",
    "devices { scan_lvs=0 issue_discards=0 multipath_component_detection=1 }",
    'report { time_format="%s" }',
  ].join(" ");
}
