import { isProblem, Reason } from "@limiquantix/api";
import { MIB, newId } from "@limiquantix/kit";
import type { DiskSource } from "@limiquantix/node";
import { QemuIoSession } from "../qemu-io-session.ts";
import { type Entry, type Owner, violations } from "./checker.ts";
import { LabHost, type LabStorage } from "./lab-storage.ts";
import { LabWriter } from "./lab-writer.ts";
import { firstEmpty, readPlaces } from "./places.ts";

/** What happens to whoever has the disk, before both are told to start. */
const faults = ["stopped", "killed", "host dies", "frozen", "alive", "stalls"] as const;
type Fault = (typeof faults)[number];

/** The time in which a host that took a volume may still be starting is over at once: it is a minute. */
const WIND_MS = 61_000;
const WIN_WITHIN_MS = 90_000;
/** Asked again and again; where the storage has to forget somebody first, not too often. */
const AGAIN_MS = { forgets: 2500, keeps: 10 };
/** Behind the end: where one that should not have written would have. */
const BEYOND = 16;

/** How often what happened: a run in which nothing did proves nothing. */
export type Tally = Record<Fault | "told" | "refused" | "took over" | "wrote" | "cut off" | "daemon killed", number>;

export function newTally(): Tally {
  const names = [...faults, "told", "refused", "took over", "wrote", "cut off", "daemon killed"] as const;
  return Object.fromEntries(names.map((name) => [name, 0])) as Tally;
}

/** One disk and two hosts that are told to start the same VM on it, over and over. */
export class Lane {
  readonly #storage: LabStorage;
  readonly #random: () => number;
  readonly #tally: Tally;
  readonly #hosts: readonly [LabHost, LabHost];
  readonly #volumeId = newId();
  readonly #reader: QemuIoSession;
  readonly #owners: Owner[] = [];
  readonly #disk = new Map<number, Entry>();
  #source: DiskSource | undefined;
  #woundMs = 0;
  #running: { host: LabHost; writer: LabWriter } | undefined;
  readonly #frozen: { host: LabHost; writer: LabWriter; writing: Promise<unknown> }[] = [];

  private constructor(storage: LabStorage, random: () => number, tally: Tally) {
    this.#storage = storage;
    this.#random = random;
    this.#tally = tally;
    const wound = () => this.#woundMs;
    this.#hosts = [new LabHost(newId(), storage, wound), new LabHost(newId(), storage, wound)];
    this.#reader = QemuIoSession.start(storage.directory, storage.keyFile);
  }

  static async make(storage: LabStorage, random: () => number, tally: Tally): Promise<Lane> {
    const lane = new Lane(storage, random, tally);
    for (const host of lane.#hosts) await host.restart();
    const signal = new AbortController().signal;
    // Thick: where a block of a qcow2 file lies is not on disk before a flush, and nobody here flushes.
    const request = { volumeId: lane.#volumeId, sizeBytes: 4 * MIB, thick: true, signal, onProgress: () => {} };
    await lane.#hosts[0].backend.ensureVolume(request);
    return lane;
  }

  /** Answers what must not be, and is. */
  async round(): Promise<string[]> {
    const wrong: string[] = [];
    const fault = this.#running ? this.#pick(faults) : "stopped";
    this.#tally[fault]++;
    this.#woundMs += WIND_MS;
    const told = await this.#befall(fault);
    const stalled = fault === "stalls" ? await this.#begin(this.#other(told[0])) : undefined;
    this.#woundMs += WIND_MS;
    await this.#tell(told, fault === "alive");
    if (stalled && (await stalled.goOn())) wrong.push("one that stalled started after another had taken its disk");
    await Promise.all([this.#writeSome(), this.#heal(wrong)]);
    return [...wrong, ...(await this.check())].map((what) => `${this.#storage.name}, ${fault}: ${what}`);
  }

  /** What is on the disk, from the last owner but one on; `whole`: all of it. */
  async check({ whole = false } = {}): Promise<string[]> {
    const from = whole ? 0 : (this.#owners.at(-2)?.from ?? 0);
    const source = this.#source;
    if (!source) return [];
    const found = await readPlaces(from, BEYOND, (...where) => this.#reader.look(source, ...where));
    for (const place of this.#disk.keys()) if (place >= from) this.#disk.delete(place);
    for (const [place, entry] of found) this.#disk.set(place, entry);
    return violations(this.#owners, this.#disk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { writer } of [...this.#frozen, ...(this.#running ? [this.#running] : [])]) await writer.session.kill();
    await this.#reader[Symbol.asyncDispose]();
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
  }

  /** Answers who is told to start afterwards: whoever is not cut off itself. */
  async #befall(fault: Fault): Promise<LabHost[]> {
    const was = this.#running;
    const both = this.#random() < 0.5 ? [...this.#hosts] : this.#hosts.toReversed();
    if (!was) return both;
    const { host, writer } = was;
    const others = [this.#other(host)];
    if (fault === "alive") return others;
    this.#running = undefined;
    if (fault === "stopped" || fault === "stalls") {
      await writer.session[Symbol.asyncDispose]();
      await host.backend.detach(this.#volumeId);
      return fault === "stalls" ? others : both;
    }
    // In the middle of a write, or between two.
    const writing = this.#random() < 0.5 ? writer.write() : Promise.resolve();
    if (this.#random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
    if (fault === "frozen") {
      writer.session.freeze();
      this.#frozen.push({ host, writer, writing });
      return others;
    }
    await writer.session.kill();
    await writing;
    if (fault === "host dies") return others;
    if (this.#random() < 0.5) await this.#restart(host);
    await host.backend.detach(this.#volumeId);
    return both;
  }

  /** All of them at once, until one has it; where nothing can be wrong with who has it, once. */
  async #tell(hosts: readonly LabHost[], once: boolean): Promise<void> {
    const endsAt = Date.now() + WIN_WITHIN_MS;
    for (let tries = 1; ; tries++) {
      const started = await Promise.all(hosts.map((host) => this.#start(host)));
      this.#tally.told += hosts.length;
      this.#tally.refused += started.filter((won) => !won).length;
      if (started.includes(true)) {
        if (this.#frozen.length > 0) this.#tally["took over"]++;
        return;
      }
      if (once) return;
      if (!this.#storage.forgets && tries === 2 && (await this.#thawOrKill())) return;
      if (Date.now() > endsAt) throw new Error(`${this.#storage.name}: nobody could start within 90 s`);
      const waitMs = this.#storage.forgets ? AGAIN_MS.forgets : AGAIN_MS.keeps;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  /** Where nobody is forgotten, who stands still has the disk until it goes on, which is what is answered, or dies. */
  async #thawOrKill(): Promise<boolean> {
    const one = this.#frozen.pop();
    if (!one) return false;
    const { host, writer } = one;
    if (this.#random() < 0.5) {
      writer.session.thaw();
      this.#running = { host, writer };
      await one.writing;
      return true;
    }
    await writer.session.kill();
    await one.writing;
    return false;
  }

  async #start(host: LabHost): Promise<boolean> {
    const begun = await this.#begin(host);
    return begun ? begun.goOn() : false;
  }

  /** As the daemon starts a guest: readied, paused, noted, let go on. Undefined: refused at once. */
  async #begin(host: LabHost): Promise<{ goOn: () => Promise<boolean> } | undefined> {
    const { directory, keyFile } = this.#storage;
    const refused = async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      return undefined;
    };
    const source = await host.backend.attach(this.#volumeId).catch(refused);
    if (!source) return undefined;
    this.#source = source;
    const goOn = async () => {
      const session = QemuIoSession.start(directory, keyFile);
      try {
        await session.hold(source);
        // The paused guest is found by the next daemon.
        if (this.#random() < 0.15) await this.#restart(host);
        await host.backend.attach(this.#volumeId);
      } catch (error) {
        await session.kill();
        await host.backend.detach(this.#volumeId);
        await refused(error);
        return false;
      }
      await this.#run(host, session);
      return true;
    };
    return { goOn };
  }

  async #run(host: LabHost, session: QemuIoSession): Promise<void> {
    const start = this.#owners.at(-1)?.from ?? 0;
    const written = await readPlaces(start, BEYOND, (...where) => session.readHeld(...where));
    const owner: Owner = { host: host.name, from: firstEmpty(start, written), writes: [] };
    const number = this.#owners.push(owner) - 1;
    // Whoever has it now has to find out that it is cut off; if it is not, that will show.
    if (this.#running) this.#frozen.push({ ...this.#running, writing: Promise.resolve() });
    this.#running = { host, writer: new LabWriter(session, number, owner) };
  }

  async #writeSome(): Promise<void> {
    for (let left = 1 + Math.floor(this.#random() * 3); left > 0; left--) {
      if ((await this.#running?.writer.write()) === "acknowledged") this.#tally.wrote++;
    }
  }

  /** Those that were cut off are back: they go on writing, their daemons ask whether they may, cut them, and let go. */
  async #heal(wrong: string[]): Promise<void> {
    for (const { host, writer, writing } of this.#frozen.splice(0)) {
      writer.session.thaw();
      await writing;
      for (let tries = 0; tries < 2; tries++) if ((await writer.write()) === "refused") this.#tally["cut off"]++;
      if (this.#storage.forgets) {
        const may = await host.backend.attach(this.#volumeId).then(
          () => true,
          (error: unknown) => !isRefusal(error),
        );
        if (may) wrong.push("one that was cut off was allowed to go on");
      }
      await writer.session.kill();
      await host.backend.detach(this.#volumeId);
    }
  }

  async #restart(host: LabHost): Promise<void> {
    this.#tally["daemon killed"]++;
    await host.restart();
  }

  #other(host: LabHost | undefined): LabHost {
    const [a, b] = this.#hosts;
    return host === a ? b : a;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }
}

/** Ours, or the lock of QEMU. */
function isRefusal(error: unknown): boolean {
  return isProblem(error, Reason.VM_LOCKED_ELSEWHERE) || /Failed to get .* lock/i.test(String(error));
}
