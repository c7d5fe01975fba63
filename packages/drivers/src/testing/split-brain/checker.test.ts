import { describe, expect, it } from "vitest";
import { type Entry, type Owner, violations } from "./checker.ts";

/** Places 0 and 1 were written on a, 2 and 3 on b, 4 on a again; one on its way when a was cut off is lost. */
function history(): { owners: Owner[]; disk: Map<number, Entry> } {
  const owners: Owner[] = [
    { host: "a", from: 0, writes: [acknowledged(0), acknowledged(1), { place: 2, outcome: "unknown" }] },
    { host: "b", from: 2, writes: [acknowledged(2), acknowledged(3)] },
    { host: "a", from: 4, writes: [acknowledged(4)] },
  ];
  const disk = new Map<number, Entry>();
  for (const [owner, { host, writes }] of owners.entries())
    for (const { place, outcome } of writes) if (outcome === "acknowledged") disk.set(place, { place, owner, host });
  return { owners, disk };
}

const acknowledged = (place: number) => ({ place, outcome: "acknowledged" as const });

describe("a disk that one after the other had", () => {
  it("is as it should be", () => {
    const { owners, disk } = history();
    expect(violations(owners, disk)).toEqual([]);
    expect(violations([], new Map())).toEqual([]);
  });

  it("may have what was on its way when its owner was cut off, up to the next one's beginning", () => {
    const { owners, disk } = history();
    owners[0]!.writes.pop();
    owners[0]!.writes[1] = { place: 1, outcome: "unknown" };
    expect(violations(owners, disk)).toEqual([]);
    owners[0]!.writes[1] = { place: 1, outcome: "refused" };
    expect(violations(owners, disk)).toEqual([]);
  });

  it("may have had owners who wrote nothing", () => {
    const { owners, disk } = history();
    owners.push({ host: "b", from: 5, writes: [] }, { host: "a", from: 5, writes: [acknowledged(5)] });
    disk.set(5, { place: 5, owner: 4, host: "a" });
    expect(violations(owners, disk)).toEqual([]);
  });
});

describe("two writers are found", () => {
  const planted: [string, (h: ReturnType<typeof history>) => void, RegExp][] = [
    [
      "a former owner's write that landed over the new one's",
      ({ disk }) => disk.set(2, { place: 2, owner: 0, host: "a" }),
      /at 2 is what owner 0 on a wrote after it was owner 1 on b's/,
    ],
    [
      "a former owner's write that landed beyond the new one's",
      ({ owners, disk }) => {
        owners[0]!.writes.push({ place: 5, outcome: "unknown" });
        disk.set(5, { place: 5, owner: 0, host: "a" });
      },
      /at 5 is what owner 0 on a wrote after it was owner 2 on a's/,
    ],
    [
      "a former owner's write that was acknowledged late, though nothing of it is left",
      ({ owners }) => void (owners[0]!.writes[2] = acknowledged(2)),
      /owner 0 on a was told is at 2 came after owner 1 on b had begun/,
    ],
    ["an acknowledged write that is lost", ({ disk }) => disk.delete(3), /owner 1 on b was told is at 3 is not there/],
    [
      "an owner that wrote over what was there before it",
      ({ owners, disk }) => {
        owners[1]!.writes.push(acknowledged(1));
        disk.set(1, { place: 1, owner: 1, host: "b" });
      },
      /at 1 is what owner 1 on b wrote over what was there before it/,
    ],
    [
      "two who were told at once that the disk is theirs, and both wrote",
      ({ owners, disk }) => {
        owners.push(
          { host: "b", from: 5, writes: [acknowledged(5)] },
          { host: "a", from: 5, writes: [acknowledged(5)] },
        );
        disk.set(5, { place: 5, owner: 4, host: "a" });
      },
      /owner 3 on b was told is at 5 came after owner 4 on a had begun/,
    ],
    [
      "one who never had the disk",
      ({ disk }) => disk.set(5, { place: 5, owner: 7, host: "c" }),
      /at 5 is what owner 7 on c wrote, who never had the disk/,
    ],
    [
      "one who passes for another",
      ({ disk }) => disk.set(4, { place: 4, owner: 2, host: "b" }),
      /at 4 is what owner 2 on b wrote, who never had the disk/,
    ],
    [
      "a write at another place than it was meant for",
      ({ disk }) => disk.set(4, { place: 3, owner: 2, host: "a" }),
      /at 4 is what owner 2 on a wrote to 3/,
    ],
    [
      "a write that nobody remembers",
      ({ disk }) => disk.set(5, { place: 5, owner: 2, host: "a" }),
      /at 5 is what owner 2 on a wrote without knowing/,
    ],
    [
      "an owner that found less than there was",
      ({ owners }) => void (owners[2]!.from = 1),
      /owner 2 on a found less than owner 1 on b had/,
    ],
  ];

  it.each(planted)("%s", (_what, plant, expected) => {
    const planting = history();
    plant(planting);
    expect(violations(planting.owners, planting.disk).join("\n")).toMatch(expected);
  });
});
