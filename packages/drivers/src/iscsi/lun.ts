import { problem, Reason } from "@limiquantix/api";
import { type Clock, sleep } from "@limiquantix/kit";
import { CommandError, type HostCommands } from "../lvm/host-commands.ts";
import { type Chap, nodeRecord } from "./node-record.ts";
import { type IscsiSession, parseOffers, parseSessions } from "./session-report.ts";

const QUICK_MS = 30_000;
const LOGIN_MS = 60_000;
const DEVICE_MS = 60_000;
const DEVICE_EVERY_MS = 250;
/** open-iscsi(7): ISCSI_ERR_NO_OBJS_FOUND, ISCSI_ERR_SESS_EXISTS. */
const [NONE_FOUND, SESSION_EXISTS] = [21, 15];

export interface LunOptions {
  commands: HostCommands;
  clock: Clock;
  /** The pool's id, for errors. */
  pool: string;
  /** Address:port each; names are resolved. */
  portals: readonly string[];
  target: string;
  lun: number;
  chap: Chap | undefined;
  /** Where iscsiadm keeps its records. */
  recordDirectory?: string | undefined;
}

/** What lsblk(8) says of a disk and of what is over it. */
interface Block {
  path: string;
  type: string;
  wwn: string | null;
  name: string;
  children?: Block[];
}

/** A LUN of a target, reached by open-iscsi; by several portals through multipathd. */
export class Lun {
  readonly #options: LunOptions;

  constructor(options: LunOptions) {
    this.#options = options;
  }

  /**
   * Logs in where there is no session yet (one that is there is kept: guests may use it) and answers the device, by a name
   * that says which disk it is. POOL_UNAVAILABLE.
   */
  async connect(): Promise<string> {
    const { portals } = this.#options;
    const sessions = await this.#sessions();
    const failures: string[] = [];
    for (const portal of portals) {
      if (sessions.some((session) => session.portal === portal)) continue;
      await this.#login(portal).catch((error: unknown) => failures.push(`${portal}: ${wordsOf(error)}`));
    }
    if (failures.length === portals.length) throw this.#unavailable(failures.join("; "));
    return this.#device();
  }

  /** Ends the sessions of this LUN, unless other disks of the target are used. */
  async disconnect(): Promise<void> {
    const sessions = await this.#sessions();
    for (const session of sessions) {
      for (const disk of session.disks.values()) if (await this.#isUsed(disk)) return;
    }
    const wwids = new Set<string>();
    for (const session of sessions) {
      const disk = session.disks.get(this.#options.lun);
      const map = disk && (await this.#block(disk)).children?.find(({ type }) => type === "mpath");
      if (map) wwids.add(map.name);
    }
    for (const name of wwids) await this.#run("multipath", ["-f", name]);
    for (const { portal } of sessions) await this.#iscsiadm([...this.#node(portal), "--logout"], [NONE_FOUND]);
    // With them goes the password.
    for (const portal of this.#options.portals)
      await this.#iscsiadm([...this.#node(portal), "--op", "delete"], [NONE_FOUND]);
  }

  async #login(portal: string): Promise<void> {
    const { target } = this.#options;
    await this.#writeRecord(portal);
    try {
      await this.#iscsiadm([...this.#node(portal), "--login"], [SESSION_EXISTS]);
    } catch (error) {
      const hint = await this.#hint(portal, target);
      await this.#iscsiadm([...this.#node(portal), "--op", "delete"], [NONE_FOUND]);
      throw new Error(`${wordsOf(error)}${hint}`, { cause: error });
    }
  }

  /** A target that is not there is the commonest mistake, and the login itself does not say it well. */
  async #hint(portal: string, target: string): Promise<string> {
    const args = ["--mode", "discovery", "--type", "sendtargets", "--portal", portal, "--op", "nonpersistent"];
    const offers = await this.#iscsiadm(args).then(parseOffers, () => undefined);
    if (!offers || offers.some((offer) => offer.target === target)) return "";
    const names = [...new Set(offers.map((offer) => offer.target))];
    return ` (it offers ${names.length > 0 ? names.slice(0, 5).join(", ") : "us no target"})`;
  }

  /** The password goes into the record by itself: arguments are seen by everybody on the host. */
  async #writeRecord(portal: string): Promise<void> {
    const { target, chap, portals, recordDirectory = "/etc/iscsi/nodes" } = this.#options;
    await this.#iscsiadm([...this.#node(portal), "--op", "new"]);
    const at = portal.lastIndexOf(":");
    const address = portal.slice(0, at).replace(/^\[|\]$/g, "");
    // Without a portal group the record is this very file, which only root can read (0600).
    const path = `${recordDirectory}/${target}/${address},${portal.slice(at + 1)}`;
    const made = await this.#run("cat", [path]);
    const record = nodeRecord(made, { chap, multipath: portals.length > 1 });
    await this.#run("dd", [`of=${path}`, "status=none"], record);
  }

  async #device(): Promise<string> {
    const { clock, lun, target, portals } = this.#options;
    const until = clock.now() + DEVICE_MS;
    for (;;) {
      const sessions = await this.#sessions();
      const disks = sessions.flatMap((session) => session.disks.get(lun) ?? []);
      const device = disks.length > 0 ? await this.#named(disks) : undefined;
      if (device) return device;
      if (clock.now() > until) {
        const why =
          disks.length === 0
            ? `target ${target} has no disk at LUN ${lun}`
            : portals.length > 1
              ? "multipathd made no device of the LUN's paths: does it run?"
              : "the LUN's device did not appear";
        throw this.#unavailable(why);
      }
      await sleep(clock, DEVICE_EVERY_MS);
    }
  }

  /** Never by sda and its like: tomorrow that is another disk. */
  async #named(disks: readonly string[]): Promise<string | undefined> {
    const blocks = await Promise.all(disks.map((disk) => this.#block(disk)));
    const identities = new Set(blocks.map(({ wwn }) => wwn));
    // udev has not looked at one of them yet.
    if (identities.has(null)) return undefined;
    const [wwn] = identities;
    if (identities.size > 1) throw this.#unavailable("its portals lead to different disks");
    const maps = new Set(blocks.map(({ children = [] }) => children.find(({ type }) => type === "mpath")?.path));
    const [map] = maps;
    if (map) return maps.size === 1 ? map : undefined;
    if (this.#options.portals.length > 1) {
      await this.#run("multipath", ["-a", `/dev/${disks[0]}`]);
      await this.#run("multipath", [`/dev/${disks[0]}`]);
      return undefined;
    }
    const path = `/dev/disk/by-id/wwn-${wwn}`;
    return this.#run("test", ["-b", path]).then(
      () => path,
      () => undefined,
    );
  }

  async #block(disk: string): Promise<Block> {
    const said = await this.#run("lsblk", ["--json", "--output", "NAME,PATH,TYPE,WWN", `/dev/${disk}`]);
    const [block] = (JSON.parse(said) as { blockdevices: Block[] }).blockdevices;
    if (!block) throw this.#unavailable(`disk ${disk} has just gone`);
    return block;
  }

  async #isUsed(disk: string): Promise<boolean> {
    const { children = [] } = await this.#block(disk);
    return children.some((child) => child.type !== "mpath" || (child.children ?? []).length > 0);
  }

  async #sessions(): Promise<IscsiSession[]> {
    const said = await this.#iscsiadm(["--mode", "session", "--print", "3"], [NONE_FOUND]);
    return parseSessions(said).filter(({ target }) => target === this.#options.target);
  }

  #node(portal: string): string[] {
    return ["--mode", "node", "--targetname", this.#options.target, "--portal", portal];
  }

  #iscsiadm(args: readonly string[], okStatuses: readonly number[] = []): Promise<string> {
    return this.#options.commands.run("iscsiadm", args, { timeoutMs: LOGIN_MS, okStatuses });
  }

  #run(program: string, args: readonly string[], input?: string): Promise<string> {
    return this.#options.commands.run(program, args, { timeoutMs: QUICK_MS, input });
  }

  #unavailable(cause: string) {
    return problem(Reason.POOL_UNAVAILABLE, { pool: this.#options.pool, cause });
  }
}

/** iscsiadm says it in several lines, the reason in the one with a number in it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof CommandError)) return error instanceof Error ? error.message : String(error);
  return /\((\d+ - [^)]+)\)/.exec(error.said)?.[1] ?? error.said;
}
