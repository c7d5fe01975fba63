import { problem, Reason } from "@limiquantix/api";
import type { VolumeInfo } from "@limiquantix/node";
import type { Definition, DefinitionSnapshot, Definitions } from "./definitions.ts";
import { NO_SNAPSHOTS } from "./linstor-capabilities.ts";
import { inUse, notFound } from "./linstor-failure.ts";
import { parseName, snapshotIdOf, snapshotName } from "./names.ts";
import type { Place, Places } from "./places.ts";

/** All that the controller knows of the pool at one moment. */
export interface Look {
  definitions: Definition[];
  snapshots: DefinitionSnapshot[];
}

/** A volume is all definitions with its id: the one of the last revert, and those before that have snapshots. */
export class Volumes {
  readonly #definitions: Definitions;
  readonly #places: Places;
  readonly #hasSnapshots: boolean;

  constructor(options: { definitions: Definitions; places: Places; hasSnapshots: boolean }) {
    this.#definitions = options.definitions;
    this.#places = options.places;
    this.#hasSnapshots = options.hasSnapshots;
  }

  async look(): Promise<Look> {
    const [definitions, snapshots] = await Promise.all([this.#definitions.list(), this.#definitions.snapshots()]);
    return { definitions, snapshots };
  }

  async find(volumeId: string): Promise<Definition | undefined> {
    return currentOf(await this.#definitions.list(), volumeId);
  }

  /** NOT_FOUND. */
  async snapshot(volumeId: string, snapshotId: string, look?: Look): Promise<DefinitionSnapshot> {
    const { definitions, snapshots } = look ?? (await this.look());
    if (!currentOf(definitions, volumeId)) throw notFound("volume", volumeId);
    const found = snapshotsOf(snapshots, volumeId).find(({ name }) => name === snapshotName(snapshotId));
    if (!found) throw notFound("snapshot", snapshotId);
    return found;
  }

  async infos(only?: string): Promise<VolumeInfo[]> {
    const [look, places] = await Promise.all([this.look(), this.#places.list()]);
    const ids = new Set(
      look.definitions.flatMap(({ name, isComplete }) => {
        const known = parseName(name);
        return isComplete && known?.kind === "volume" && (only ?? known.ownerId) === known.ownerId ? known.ownerId : [];
      }),
    );
    return [...ids].map((volumeId) => infoOf(volumeId, look, places));
  }

  /** IN_USE while linked clones are over a definition's snapshots, or one of them. */
  assertNoClones(look: Look, what: { kind: "volume" | "snapshot"; id: string }, parents: readonly string[]): void {
    const isOver = (parent: string | undefined) =>
      parent !== undefined &&
      parents.some((one) => (what.kind === "volume" ? parent.startsWith(`${one}/`) : parent === one));
    const clones = look.definitions.filter(({ marks }) => isOver(marks.parent));
    if (clones.length > 0) throw inUse(what.kind, what.id, `${clones.length} linked clones are over it`);
  }

  /** UNSUPPORTED. */
  assertSnapshots(what: string): void {
    if (!this.#hasSnapshots) throw problem(Reason.UNSUPPORTED, { what, why: NO_SNAPSHOTS });
  }
}

export function turnsOf(definitions: readonly Definition[], volumeId: string): (Definition & { turn: number })[] {
  return definitions
    .flatMap((one) => {
      const known = parseName(one.name);
      return known?.kind === "volume" && known.ownerId === volumeId ? { ...one, turn: known.turn } : [];
    })
    .toSorted((a, b) => a.turn - b.turn);
}

export function currentOf(definitions: readonly Definition[], volumeId: string) {
  return turnsOf(definitions, volumeId).findLast(({ isComplete }) => isComplete);
}

/** Oldest first. */
export function snapshotsOf(snapshots: readonly DefinitionSnapshot[], volumeId: string): DefinitionSnapshot[] {
  return snapshots
    .filter((one) => {
      const known = parseName(one.of);
      return one.isComplete && known?.kind === "volume" && known.ownerId === volumeId && snapshotIdOf(one.name);
    })
    .toSorted((a, b) => a.takenAtMs - b.takenAtMs || a.name.localeCompare(b.name));
}

function infoOf(volumeId: string, { definitions, snapshots }: Look, places: readonly Place[]): VolumeInfo {
  const turns = turnsOf(definitions, volumeId);
  const current = currentOf(definitions, volumeId);
  // Each replica has the same: of one copy, the fullest.
  const sizes = turns.map(({ name }) =>
    Math.max(-1, ...places.flatMap((place) => (place.name === name ? (place.allocatedBytes ?? []) : []))),
  );
  return {
    volumeId,
    sizeBytes: current?.sizeBytes ?? 0,
    usedBytes: sizes.some((size) => size < 0) ? undefined : sizes.reduce((sum, size) => sum + size, 0),
    imageId: current?.marks.image ?? "",
    snapshotIds: snapshotsOf(snapshots, volumeId).flatMap(({ name }) => snapshotIdOf(name) ?? []),
  };
}
