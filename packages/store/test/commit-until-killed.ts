import { writeSync } from "node:fs";
import { SqliteStore } from "@limiquantix/store";

/**
 * Commits without end to the database `argv[2]`, several at a time, and writes the number of each commit to standard
 * output once it is acknowledged, after a first line when it begins to open it. Commit n puts three rows of its own and moves one that all share.
 */
const [path, first] = [process.argv[2]!, Number(process.argv[3])];
writeSync(1, "opening\n");
const store = await SqliteStore.open({ path });
let next = first;

async function commitForever(): Promise<never> {
  for (;;) {
    const n = next++;
    const value = new TextEncoder().encode(`${n}`.padEnd(600, "."));
    const put = { type: "put", kind: "part", indexes: { commit: `${n}` }, unique: [], value, expect: 0 } as const;
    await store.commit([
      ...["a", "b", "c"].map((part) => ({ ...put, id: `${n}-${part}`, unique: [`${n}/${part}`] })),
      { ...put, kind: "shared", id: "latest", indexes: {}, expect: undefined },
    ]);
    writeSync(1, `${n}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, commitForever));
