import { SerialQueue } from "@limiquantix/kit";
import { execFile } from "node:child_process";
import { copyFile, link, mkdir, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CommandError, type CommandOptions, type HostCommands } from "../lvm/host-commands.ts";

const run = promisify(execFile);

interface ModelLv {
  name: string;
  sizeBytes: number;
  thinId: number;
  tags: string[];
  isActive: boolean;
  isReadOnly: boolean;
}

/** Options of LVM that take no value, of those that the driver uses. */
const FLAGS = new Set(["quiet", "yes", "force", "snapshot", "ignoreactivationskip", "nosuffix", "foreign"]);

/**
 * One volume group with a thin pool as the driver's commands see it: each thin volume is a sparse file, which has a name
 * in the device directory while it is active. It says what LVM 2.03.16 said where that was tried (iscsi-suite.host.test.ts
 * runs the same cases on the real one), and knows no option that the driver does not use.
 */
export class LvmModel implements HostCommands {
  readonly #directory: string;
  readonly #group: string;
  readonly #lvs = new Map<string, ModelLv>();
  readonly #sizeBytes: number;
  /** LVM locks its group. */
  readonly #lock = new SerialQueue();
  #hasMetadataView = false;

  constructor(options: { directory: string; group: string; sizeBytes: number }) {
    this.#directory = options.directory;
    this.#group = options.group;
    this.#sizeBytes = options.sizeBytes;
  }

  async run(program: string, args: readonly string[], { input }: CommandOptions): Promise<string> {
    if (program === "dmsetup" && args[0] === "remove") return this.#lock.run(() => this.#removeDevice(args[1] ?? ""));
    if (program === "dmsetup" && args[0] === "status") return this.#status();
    if (program === "dmsetup") return this.#message(args.at(-1) ?? "");
    if (program === "thin_ls") return this.#thinList(args.includes("DEV,MAPPED_BYTES"));
    if (program === "dd") return this.#write(args[0]?.slice("of=".length) ?? "", input ?? "");
    if (program === "base64") return (await readFile(args[0] ?? "")).toString("base64");
    if (program !== "lvm") throw new Error(`the model has no ${program}`);
    const [command = "", ...rest] = args;
    const { options, tags, operands } = parse(rest);
    const names = operands.map((operand) => operand.replace(`${this.#group}/`, ""));
    const handlers: Record<string, () => string | Promise<string>> = {
      lvs: () => this.#report(),
      lvcreate: () => this.#create(options, tags, names),
      lvchange: () => this.#activate(this.#get(command, names[0]), options.get("activate") === "y"),
      lvrename: () => this.#rename(this.#get(command, names[1]), names[2] ?? ""),
      lvextend: () => this.#grow(this.#get(command, names[0]), bytesOf(options.get("size"))),
      lvremove: () => this.#remove(names.map((name) => this.#get(command, name))),
    };
    const handler = handlers[command];
    if (!handler) throw new Error(`the model has no ${command}`);
    return this.#lock.run(handler);
  }

  async #used(): Promise<number> {
    return (await Promise.all([...this.#lvs.values()].map((lv) => this.#mapped(lv)))).reduce((a, b) => a + b, 0);
  }

  async #status(): Promise<string> {
    const blocks = (bytes: number) => Math.ceil(bytes / 65536);
    const data = `${blocks(await this.#used())}/${blocks(this.#sizeBytes)}`;
    return `0 ${this.#sizeBytes / 512} thin-pool 1 5/1024 ${data} - rw discard_passdown error_if_no_space - 1024\n`;
  }

  async #report(): Promise<string> {
    const used = await this.#used();
    const pool = {
      lv_name: "pool",
      lv_size: String(this.#sizeBytes),
      lv_tags: "",
      lv_time: "1795423981",
      lv_active: "active",
      lv_device_open: "open",
      thin_id: "",
      data_percent: ((used / this.#sizeBytes) * 100).toFixed(2),
      metadata_percent: "0.50",
    };
    const volumes = [...this.#lvs.values()].map((lv) => ({
      lv_name: lv.name,
      lv_size: String(lv.sizeBytes),
      lv_tags: lv.tags.join(","),
      lv_time: "1795423992",
      lv_active: lv.isActive ? "active" : "",
      lv_device_open: lv.isActive ? "" : "unknown",
      thin_id: String(lv.thinId),
      data_percent: "",
      metadata_percent: "",
    }));
    return JSON.stringify({ report: [{ lv: [pool, ...volumes] }] });
  }

  async #create(options: ReadonlyMap<string, string>, tags: string[], [origin]: string[]): Promise<string> {
    const name = options.get("name") ?? "";
    if (this.#lvs.has(name))
      throw refusal("lvcreate", `Logical Volume "${name}" already exists in volume group "${this.#group}"`);
    const from = options.has("snapshot") ? this.#lvs.get(origin ?? "") : undefined;
    if (options.has("snapshot") && !from)
      throw refusal("lvcreate", `Snapshot origin LV ${origin} not found in Volume group ${this.#group}.`);
    const thinId = Math.max(0, ...[...this.#lvs.values()].map((lv) => lv.thinId)) + 1;
    const sizeBytes = from?.sizeBytes ?? bytesOf(options.get("virtualsize"));
    const lv = { name, sizeBytes, thinId, tags, isActive: false, isReadOnly: options.get("permission") === "r" };
    await mkdir(join(this.#directory, "blocks"), { recursive: true });
    if (from) await run("cp", ["--sparse=always", this.#blocks(from), this.#blocks(lv)]);
    else await writeFile(this.#blocks(lv), "", { flag: "wx" });
    await truncate(this.#blocks(lv), sizeBytes);
    this.#lvs.set(name, lv);
    return "";
  }

  async #activate(lv: ModelLv | "pool", active: boolean): Promise<string> {
    if (lv === "pool" || lv.isActive === active) return "";
    await mkdir(join(this.#directory, "dev", this.#group), { recursive: true });
    if (!active) await rm(this.#node(lv));
    else if (lv.isReadOnly) await copyFile(this.#blocks(lv), this.#node(lv));
    else await link(this.#blocks(lv), this.#node(lv));
    lv.isActive = active;
    return "";
  }

  async #rename(lv: ModelLv | "pool", to: string): Promise<string> {
    if (lv === "pool" || this.#lvs.has(to)) throw refusal("lvrename", `Logical Volume "${to}" already exists`);
    const wasActive = lv.isActive;
    await this.#activate(lv, false);
    this.#lvs.delete(lv.name);
    lv.name = to;
    this.#lvs.set(to, lv);
    return this.#activate(lv, wasActive);
  }

  async #grow(lv: ModelLv | "pool", sizeBytes: number): Promise<string> {
    if (lv === "pool" || sizeBytes <= lv.sizeBytes) throw refusal("lvextend", "New size given is not larger");
    await truncate(this.#blocks(lv), sizeBytes);
    lv.sizeBytes = sizeBytes;
    return "";
  }

  async #remove(lvs: (ModelLv | "pool")[]): Promise<string> {
    for (const lv of lvs) {
      if (lv === "pool") throw refusal("lvremove", "the thin pool stays");
      await this.#activate(lv, false);
      await rm(this.#blocks(lv));
      this.#lvs.delete(lv.name);
    }
    return "";
  }

  #get(command: string, name = ""): ModelLv | "pool" {
    if (name === "pool") return "pool";
    const lv = this.#lvs.get(name);
    if (!lv) throw refusal(command, `Failed to find logical volume "${this.#group}/${name}"`);
    return lv;
  }

  async #removeDevice(device: string): Promise<string> {
    const lv = this.#lvs.get(device.replace(`${this.#group}-`, ""));
    if (!lv?.isActive) throw refusal("dmsetup", `Device ${device} not found`);
    return this.#activate(lv, false);
  }

  async #message(words: string): Promise<string> {
    const reserve = words === "reserve_metadata_snap";
    if (reserve === this.#hasMetadataView) throw refusal("dmsetup", "message ioctl failed: Device or resource busy");
    this.#hasMetadataView = reserve;
    return "";
  }

  /** No file shares blocks: what it has is its own. */
  async #thinList(areMapped: boolean): Promise<string> {
    if (!this.#hasMetadataView) throw refusal("thin_ls", "no metadata snap");
    if (!areMapped && this.#lvs.size === 0) return "";
    const lines = [...this.#lvs.values()].map(async (lv) => `${lv.thinId} ${await this.#mapped(lv)} \n`);
    return (await Promise.all(lines)).join("");
  }

  async #write(path: string, bytes: Uint8Array | string): Promise<string> {
    const file = await open(path, "r+");
    await file.writeFile(bytes);
    await file.close();
    return "";
  }

  async #mapped(lv: ModelLv): Promise<number> {
    return (await stat(this.#blocks(lv))).blocks * 512;
  }

  #blocks({ thinId }: Pick<ModelLv, "thinId">): string {
    return join(this.#directory, "blocks", String(thinId));
  }

  #node({ name }: ModelLv): string {
    return join(this.#directory, "dev", this.#group, name);
  }
}

function parse(args: readonly string[]) {
  const options = new Map<string, string>();
  const tags: string[] = [];
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const name = arg.startsWith("--") ? arg.slice(2) : arg === "-o" ? "o" : undefined;
    if (name === undefined) operands.push(arg);
    else if (FLAGS.has(name)) options.set(name, "");
    else if (name === "addtag") tags.push(args[++i] ?? "");
    else options.set(name, args[++i] ?? "");
  }
  return { options, tags, operands };
}

function bytesOf(size = ""): number {
  const bytes = Number(/^(\d+)b$/.exec(size)?.[1]);
  if (bytes % 1024 ** 2 !== 0) throw new Error(`${size} is not whole extents`);
  return bytes;
}

function refusal(program: string, said: string): CommandError {
  return new CommandError({ program, status: 5, said });
}
