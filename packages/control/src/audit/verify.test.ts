import { fromBinary } from "@bufbuild/protobuf";
import { AuditRecordSchema } from "@limiquantix/api";
import { FakeClock, silentLog } from "@limiquantix/kit";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allTables } from "../all-tables.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import type { Operation, Row } from "../store/store.ts";
import { exportLine } from "./canonical.ts";
import { auditedApi } from "./testing/audited-api.ts";
import { auditId } from "./tables.ts";
import { verifyChain } from "./verify.ts";

const signal = new AbortController().signal;
const nothingKnown = { id: "", hash: "" };

/** A chain of eight records, and what an administrator of the database can do to it. */
async function chainOf() {
  const { admin, records, store } = await auditedApi();
  for (let n = 1; n <= 8; n++)
    await admin.images.createImage({ name: `image-${n}`, description: 'ä \u0001 "quoted" \u2028 🜨' });
  const list = await records();
  const rows = await store.list("audit");
  const heads = await store.list("audit-head");
  /** The verdict on a store that has these rows. */
  const verdict = async (changed: readonly Row[], { known = nothingKnown, keepHead = true } = {}) => {
    const copy = new MemoryStore();
    const kept = keepHead ? heads : [];
    await copy.commit([...changed, ...kept].map(asPut));
    const db = await openDatabase({ store: copy, tables: allTables, clock: new FakeClock(), log: silentLog });
    return verifyChain(db, known, signal);
  };
  return { list, rows, verdict };
}

function asPut({ kind, id, value, indexes }: Row): Operation {
  return { type: "put", kind, id, value, indexes, unique: [], expect: undefined };
}

test("an untouched chain is intact, and tells its head", async () => {
  const { list, rows, verdict } = await chainOf();
  const head = list.at(-1);
  expect(await verdict(rows)).toMatchObject({ intact: true, records: 8n, headId: auditId(8n), headHash: head?.hash });
  expect(await verdict(rows, { known: { id: list[3]?.id ?? "", hash: list[3]?.hash ?? "" } })).toMatchObject({
    intact: true,
  });
});

test("a flipped bit is found, whichever it is", async () => {
  const { rows, verdict } = await chainOf();
  const [victim] = rows.slice(3, 4);
  if (!victim) throw new Error("there is no fourth record");
  const original = exportLine(fromBinary(AuditRecordSchema, victim.value));
  for (let bit = 0; bit < victim.value.length * 8; bit += 23) {
    const value = victim.value.slice();
    value[bit >> 3]! ^= 1 << (bit & 7);
    const answer = await verdict(rows.map((row) => (row === victim ? { ...row, value } : row)));
    // A bit may be flipped so that what is read is the same.
    if (answer.intact) expect(exportLine(fromBinary(AuditRecordSchema, value))).toBe(original);
    else expect(answer.brokenId).toBe(auditId(4n));
  }
});

test("a missing, a swapped and a cut record are found", async () => {
  const { list, rows, verdict } = await chainOf();
  expect(await verdict(rows.filter((_, i) => i !== 4))).toMatchObject({
    intact: false,
    brokenId: auditId(5n),
    why: "the record is missing",
  });
  const swapped = rows.map((row, i) => ({ ...row, value: rows[i === 2 ? 5 : i === 5 ? 2 : i]!.value }));
  expect(await verdict(swapped)).toMatchObject({ intact: false, brokenId: auditId(3n) });
  expect(await verdict(rows.slice(0, 6))).toMatchObject({ intact: false, brokenId: auditId(7n) });
  // Whoever cuts the end and the head with it is found out by a head that was written down.
  const cut = { keepHead: false };
  expect(await verdict(rows.slice(0, 6), cut)).toMatchObject({ intact: true, records: 6n });
  const known = { id: list[7]?.id ?? "", hash: list[7]?.hash ?? "" };
  expect(await verdict(rows.slice(0, 6), { ...cut, known })).toMatchObject({ intact: false, brokenId: auditId(7n) });
  const other = { id: list[1]?.id ?? "", hash: "0".repeat(64) };
  expect(await verdict(rows, { known: other })).toMatchObject({ intact: false, brokenId: auditId(2n) });
});

const guide = readFileSync(new URL("../../../../docs/audit.md", import.meta.url), "utf8");

/** The programs of docs/audit.md, as far as their language is here: Node always is. */
const programs = [
  { language: "js", command: process.execPath, flag: "-e" },
  { language: "python", command: "python3", flag: "-c" },
].filter(({ command }) => spawnSync(command, ["--version"]).status === 0);

test("a stranger verifies an export with the programs of docs/audit.md", async () => {
  const { list } = await chainOf();
  const lines = list.map(exportLine);
  for (const { language, command, flag } of programs) {
    const program = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide)?.[1] ?? "";
    const run = (input: readonly string[]) =>
      spawnSync(command, [flag, program], { input: `${input.join("\n")}\n`, encoding: "utf8" });
    expect(run(lines)).toMatchObject({
      status: 0,
      stdout: `8 records, head ${list[7]?.id} ${list[7]?.hash}\n`,
    });
    expect(run(lines.with(3, lines[3]!.replace("image-4", "image-9"))).stderr).toContain("4 was changed");
    expect(run(lines.toSpliced(2, 1)).stderr).toContain("4 does not follow the record before");
  }
});
