/** What stands at one place of a disk. Places are written from 0 up, each once, by whoever has the disk. */
export interface Entry {
  /** The place that it was meant for. */
  place: number;
  /** The how manieth to have the disk wrote it. */
  owner: number;
  host: string;
}

/** One who was told that it has the disk, and wrote. In the order in which they were told. */
export interface Owner {
  host: string;
  /** The first place that it found empty when it began. */
  from: number;
  writes: Write[];
}

export interface Write {
  place: number;
  /** `unknown`: it was killed before it was told. */
  outcome: "acknowledged" | "refused" | "unknown";
}

/**
 * What is wrong with a disk that had several owners, one after the other; nothing, if there never were two. Each owner
 * reads how far the disk was written before it writes on from there, so places up to where the next one began are its own,
 * and whatever else is found there, or was acknowledged beyond them, was written by two at a time.
 */
export function violations(owners: readonly Owner[], disk: ReadonlyMap<number, Entry>): string[] {
  return [...wrongWrites(owners, disk), ...wrongEntries(owners, disk)];
}

function* wrongWrites(owners: readonly Owner[], disk: ReadonlyMap<number, Entry>): Generator<string> {
  for (const [owner, { host, from, writes }] of owners.entries()) {
    const next = owners[owner + 1];
    if (next && next.from < from) yield `${named(owner + 1, next.host)} found less than ${named(owner, host)} had`;
    for (const { place, outcome } of writes) {
      if (outcome !== "acknowledged") continue;
      const what = `what ${named(owner, host)} was told is at ${place}`;
      if (next && place >= next.from) yield `${what} came after ${named(owner + 1, next.host)} had begun`;
      if (disk.get(place)?.owner !== owner) yield `${what} is not there`;
    }
  }
}

function* wrongEntries(owners: readonly Owner[], disk: ReadonlyMap<number, Entry>): Generator<string> {
  for (const [place, entry] of disk) {
    const { owner, host } = entry;
    const its = owners[owner];
    const rightful = owners.findLastIndex(({ from }) => from <= place);
    const what = `at ${place} is what ${named(owner, host)} wrote`;
    if (its?.host !== host) yield `${what}, who never had the disk`;
    else if (entry.place !== place) yield `${what} to ${entry.place}`;
    else if (!its.writes.some((write) => write.place === place)) yield `${what} without knowing`;
    if (owner < rightful) yield `${what} after it was ${named(rightful, owners[rightful]?.host ?? "nobody")}'s`;
    if (owner > rightful) yield `${what} over what was there before it`;
  }
}

const named = (owner: number, host: string) => `owner ${owner} on ${host}`;
