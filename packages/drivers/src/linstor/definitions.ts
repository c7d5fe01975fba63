import type { Clock } from "@limiquantix/kit";
import { Code, isRefusal, LinstorError } from "./api-call-rc.ts";
import type { LinstorClient } from "./linstor-client.ts";
import { waitUntil } from "./wait-until.ts";

/** Properties of ours, which LINSTOR keeps and does not read. */
export type Mark = "complete" | "maker" | "made-at" | "image" | "parent";
const MARKS: readonly Mark[] = ["complete", "maker", "made-at", "image", "parent"];
const property = (mark: Mark) => `Aux/limiquantix/${mark}`;
/** Else a device has what is left of the last extent below it too, and is no mirror of a disk elsewhere. Set while nothing is deployed. */
const EXACT = "DrbdOptions/ExactSize";

/** A resource definition with its one volume. */
export interface Definition {
  name: string;
  sizeBytes: number;
  marks: Partial<Record<Mark, string>>;
  /** Named as ours are, and whole. */
  isComplete: boolean;
}

export interface DefinitionSnapshot {
  name: string;
  /** Of which definition. */
  of: string;
  sizeBytes: number;
  takenAtMs: number;
  isComplete: boolean;
}

interface WireDefinition {
  name: string;
  props?: Record<string, string>;
  flags?: string[];
  volume_definitions?: { volume_number?: number; size_kib: number }[];
}

interface WireSnapshot {
  name: string;
  resource_name: string;
  flags?: string[];
  volume_definitions?: { size_kib?: number }[];
  snapshots?: { create_timestamp?: number }[];
}

const KIB = 1024;
const SETTLE_MS = 120_000;
/** What another host began longer ago than this and did not complete, nobody will. */
const ABANDONED_MS = 24 * 3600_000;
/** Of a large volume whose storage copies for a clone. */
const CLONE_MS = 24 * 3600_000;
const ROOT = "/v1/resource-definitions";

/** The resource definitions of a controller, those of one resource group by default. */
export class Definitions {
  readonly #client: LinstorClient;
  readonly #group: string;
  readonly #clock: Clock;
  readonly #maker: string;

  /** `maker`: whose attempts they are that are under way, as host/life of its daemon. */
  constructor(options: { client: LinstorClient; group: string; clock: Clock; maker: string }) {
    this.#client = options.client;
    this.#group = options.group;
    this.#clock = options.clock;
    this.#maker = options.maker;
  }

  /** What is being deleted is gone. */
  async list(): Promise<Definition[]> {
    const all = await this.#client.get<(WireDefinition & { resource_group_name?: string })[]>(
      `${ROOT}?with_volume_definitions=true`,
    );
    const ours = all.filter((one) => one.resource_group_name?.toLowerCase() === this.#group.toLowerCase());
    return ours.filter(isThere).map(definition);
  }

  async snapshots(): Promise<DefinitionSnapshot[]> {
    const all = await this.#client.get<WireSnapshot[]>("/v1/view/snapshots");
    return all.filter(isThere).map((one) => ({
      name: one.name,
      of: one.resource_name,
      sizeBytes: (one.volume_definitions?.[0]?.size_kib ?? 0) * KIB,
      takenAtMs: Math.min(...(one.snapshots ?? []).flatMap(({ create_timestamp }) => create_timestamp ?? [])),
      isComplete: one.flags?.includes("SUCCESSFUL") === true,
    }));
  }

  /** Whose one is that is not complete: this daemon's, another host's that may be at it, or nobody's any more. */
  standing({ isComplete, marks }: Definition): "complete" | "ours" | "another" | "left over" {
    if (isComplete) return "complete";
    const [host, life] = this.#maker.split("/");
    const [maker, madeIn] = (marks.maker ?? "").split("/");
    if (maker === host) return madeIn === life ? "ours" : "left over";
    return this.#clock.now() - Number(marks["made-at"] ?? 0) > ABANDONED_MS ? "left over" : "another";
  }

  /** Without a volume yet. What an attempt before left under this name goes first. `of`: what will be restored into it. */
  async begin(name: string, marks: Definition["marks"] = {}, of?: string): Promise<void> {
    // The device's own record of its size is restored too.
    const isExact =
      of === undefined || (await this.#client.get<WireDefinition>(`${ROOT}/${of}`)).props?.[EXACT] === "True";
    if (await this.claim(name, marks, isExact)) return;
    await this.discard(name);
    if (!(await this.claim(name, marks, isExact))) throw new LinstorError(200, [begunElsewhere(name)]);
  }

  /** As `begin`, but false where there is one already. */
  async claim(name: string, marks: Definition["marks"] = {}, isExact = true): Promise<boolean> {
    const resource_definition = {
      name,
      resource_group_name: this.#group,
      props: {
        ...this.#props(marks),
        "DrbdOptions/Net/allow-two-primaries": "no",
        ...(isExact && { [EXACT]: "True" }),
      },
    };
    try {
      await this.#client.change("POST", ROOT, { resource_definition });
      return true;
    } catch (error) {
      if (isRefusal(error, Code.EXISTS_RSC_DFN)) return false;
      throw error;
    }
  }

  /** Placed on nodes as the resource group says. */
  async place(name: string, sizeBytes: number): Promise<void> {
    const volume_definition = { volume_number: 0, size_kib: sizeBytes / KIB };
    await this.#client.change("POST", `${ROOT}/${name}/volume-definitions`, { volume_definition });
    await this.#client.change("POST", `${ROOT}/${name}/autoplace`, { select_filter: {} });
  }

  /** A snapshot's contents in one that was begun, on the nodes that have the snapshot. */
  async restore(from: { of: string; name: string }, to: string): Promise<void> {
    const body = { to_resource: to };
    await this.#client.change("POST", `${ROOT}/${from.of}/snapshot-restore-volume-definition/${from.name}`, body);
    await this.#client.change("POST", `${ROOT}/${from.of}/snapshot-restore-resource/${from.name}`, body);
  }

  /** Copies one; what it is called must not be there. Ends when the copy is done. */
  async clone(from: string, to: string, signal: AbortSignal): Promise<void> {
    const start = () =>
      this.#onceUpToDate(from, () => this.#client.change("POST", `${ROOT}/${from}/clone`, { name: to }));
    try {
      await start();
    } catch (error) {
      if (!isRefusal(error, Code.EXISTS_RSC_DFN)) throw error;
      await this.discard(to);
      await start();
    }
    // It has its source's until now.
    await this.#client.change("PUT", `${ROOT}/${to}`, { override_props: this.#props({}) });
    await waitUntil(this.#clock, { limitMs: CLONE_MS, tooSlow: `the clone of ${from} takes a day` }, async () => {
      signal.throwIfAborted();
      const { status } = await this.#client.get<{ status: string }>(`${ROOT}/${from}/clone/${to}`);
      if (status === "FAILED") throw new LinstorError(200, [failedClone(from)]);
      return status === "COMPLETE" || undefined;
    });
  }

  /** From now on it counts, as what it is called and with nothing of what it was copied from but `marks`. */
  async complete(name: string, marks: Definition["marks"] = {}): Promise<void> {
    const override_props = this.#props({ ...marks, complete: name });
    const delete_props = MARKS.map(property).filter((one) => !(one in override_props));
    await this.#client.change("PUT", `${ROOT}/${name}`, { override_props, delete_props });
  }

  /** What grows is exact no more: LINSTOR refuses both together. */
  async grow(name: string, sizeBytes: number): Promise<void> {
    await this.#client.change("PUT", `${ROOT}/${name}`, { delete_props: [EXACT] });
    const size_kib = sizeBytes / KIB;
    await this.#onceUpToDate(name, () =>
      this.#client.change("PUT", `${ROOT}/${name}/volume-definitions/0`, { size_kib }),
    );
  }

  /** With its snapshots, and only then it is gone. */
  async discard(name: string, snapshots?: readonly DefinitionSnapshot[]): Promise<void> {
    const all = snapshots ?? (await this.snapshots());
    for (const snapshot of all) if (snapshot.of === name) await this.removeSnapshot(name, snapshot.name);
    await this.#unlessMissing("DELETE", `${ROOT}/${name}`);
    await this.#until(async () => (await this.#client.find(`${ROOT}/${name}`)) === undefined, `${name} to be gone`);
  }

  /** One that could not be taken everywhere is taken anew. */
  async takeSnapshot(of: string, name: string): Promise<void> {
    const take = () => this.#client.change("POST", `${ROOT}/${of}/snapshots`, { name });
    try {
      await take();
    } catch (error) {
      if (!isRefusal(error, Code.EXISTS_SNAPSHOT_DFN, Code.EXISTS_SNAPSHOT)) throw error;
      await this.removeSnapshot(of, name);
      await take();
    }
    await this.#until(async () => {
      const taken = (await this.snapshots()).find((one) => one.of === of && one.name === name);
      return taken?.isComplete === true;
    }, `snapshot ${name} of ${of}`);
  }

  async removeSnapshot(of: string, name: string): Promise<void> {
    await this.#unlessMissing("DELETE", `${ROOT}/${of}/snapshots/${name}`);
    await this.#until(
      async () =>
        !(await this.#client.get<WireSnapshot[]>("/v1/view/snapshots")).some(
          (one) => one.resource_name === of && one.name === name,
        ),
      `snapshot ${name} to be gone`,
    );
  }

  async #unlessMissing(method: "DELETE", path: string): Promise<void> {
    try {
      await this.#client.change(method, path);
    } catch (error) {
      const missing = [Code.NOT_FOUND_RSC_DFN, Code.NOT_FOUND_SNAPSHOT_DFN, Code.NOT_FOUND_SNAPSHOT];
      if (!(error instanceof LinstorError && error.status === 404) && !isRefusal(error, ...missing)) throw error;
    }
  }

  /** Replicas that were made a moment ago still have to find each other. */
  async #onceUpToDate(name: string, change: () => Promise<void>): Promise<void> {
    const tooSlow = `its replicas are not up to date: look at drbdadm status ${name}`;
    await waitUntil(this.#clock, { limitMs: SETTLE_MS, tooSlow }, () =>
      change().then(
        () => true,
        (error: unknown) => {
          if (!isRefusal(error, Code.NOT_ALL_UPTODATE)) throw error;
        },
      ),
    );
  }

  async #until(isSo: () => Promise<boolean>, what: string): Promise<void> {
    const tooSlow = `its nodes did not do it in time: ${what}`;
    await waitUntil(this.#clock, { limitMs: SETTLE_MS, tooSlow }, async () => (await isSo()) || undefined);
  }

  #props(marks: Definition["marks"]): Record<string, string> {
    const all = { maker: this.#maker, "made-at": String(this.#clock.now()), ...marks };
    return Object.fromEntries(Object.entries(all).map(([mark, value]) => [property(mark as Mark), value]));
  }
}

const begunElsewhere = (name: string) => ({ ret_code: -1n, message: `another host has begun ${name}` });
const failedClone = (from: string) => ({ ret_code: -1n, message: `the clone of ${from} failed on one of its nodes` });

function isThere({ flags = [] }: { flags?: string[] }): boolean {
  return !flags.includes("DELETE");
}

function definition({ name, props = {}, volume_definitions = [] }: WireDefinition): Definition {
  const marks = Object.fromEntries(
    MARKS.flatMap((mark) => {
      const value = props[property(mark)];
      return value === undefined ? [] : [[mark, value]];
    }),
  ) as Definition["marks"];
  const sizeBytes = (volume_definitions[0]?.size_kib ?? 0) * KIB;
  return { name, sizeBytes, marks, isComplete: marks.complete === name };
}
