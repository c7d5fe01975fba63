export type LoadKind = "vm" | "node";

export interface Load {
  /** Of all that it has: 100 is all busy. */
  cpuPercent: number;
  memoryMib: number;
  atMs: number;
}

/** After this time without a new measurement it is not known any more how busy something is. */
export const staleMs = 35_000;

/** How busy everything is now. */
export class CurrentLoads {
  readonly #loads = { vm: new Map<string, Load>(), node: new Map<string, Load>() };

  set(kind: LoadKind, id: string, load: Load): void {
    this.#loads[kind].set(id, load);
  }

  forget(kind: LoadKind, id: string): void {
    this.#loads[kind].delete(id);
  }

  find(kind: LoadKind, id: string, nowMs: number): Load | undefined {
    const load = this.#loads[kind].get(id);
    return load && nowMs - load.atMs <= staleMs ? load : undefined;
  }

  *all(kind: LoadKind, nowMs: number): Generator<[id: string, load: Load]> {
    for (const [id, load] of this.#loads[kind]) if (nowMs - load.atMs <= staleMs) yield [id, load];
  }

  prune(nowMs: number): void {
    for (const loads of Object.values(this.#loads)) {
      for (const [id, { atMs }] of loads) if (nowMs - atMs > staleMs) loads.delete(id);
    }
  }
}
