import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ConflictError, type Operation, type Row, type Store } from "./store.ts";

/** Opens a new, empty store. `keepCommits`: how far `watch` can go back, at least. */
export type OpenStore = (options?: { keepCommits?: number }) => Promise<Store>;

/** The simplest thing that a store could be: all rows in one map, copied for every commit. */
interface Model {
  revision: number;
  rows: ReadonlyMap<string, ModelRow>;
}

interface ModelRow extends Row {
  unique: readonly string[];
}

/** An operation before its expectation is known: it is right, or wrong, in terms of the state that it meets. */
type Draft = { operation: Operation; expectation: "right" | "wrong" | "none" };

/** Any sequence of commits has the outcome that the model has, and `watch` from any revision leads to the same rows. */
export function modelProperty(open: OpenStore): void {
  for (const atOnce of [false, true]) {
    test(`random commits, ${atOnce ? "all at once" : "one by one"}, give what the model gives`, async () => {
      const drafts = fc.array(fc.array(draft, { maxLength: 4 }), { maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(drafts, fc.nat(), async (commits, from) => {
          await using store = await open();
          const { states, steps } = foresee(commits);
          const outcomes = atOnce ? await Promise.all(steps.map((step) => outcome(store, step.operations))) : [];
          if (!atOnce) for (const step of steps) outcomes.push(await outcome(store, step.operations));
          expect(outcomes).toEqual(steps.map((step) => step.outcome));
          const last = states.at(-1)!;
          await sameRows(store, last);
          expect(await replay(store, states[from % states.length]!, last.revision)).toEqual(contents(last.rows));
        }),
        { numRuns: 40 },
      );
    });
  }
}

/** What the model makes of the commits: their operations and outcomes, and every state on the way. */
function foresee(commits: readonly Draft[][]) {
  const states: Model[] = [{ revision: 0, rows: new Map() }];
  const steps: { operations: Operation[]; outcome: number | "conflict" }[] = [];
  for (const commit of commits) {
    const model = states.at(-1)!;
    const operations = oncePerRow(commit).map((d) => withExpectation(d, model));
    const after = apply(model, operations);
    steps.push({ operations, outcome: "conflict" in after ? "conflict" : after.revision });
    if (!("conflict" in after) && after.revision > model.revision) states.push(after);
  }
  return { states, steps };
}

function outcome(store: Store, operations: readonly Operation[]): Promise<number | "conflict"> {
  return store.commit(operations).catch((error: unknown) => {
    if (error instanceof ConflictError) return "conflict";
    throw error;
  });
}

const draft: fc.Arbitrary<Draft> = fc
  .record({
    type: fc.constantFrom("put", "put", "put", "delete", "check"),
    kind: fc.constantFrom("vm", "node"),
    id: fc.constantFrom("a", "b", "c", "d"),
    value: fc.uint8Array({ maxLength: 3 }),
    indexes: fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2"), { noNullPrototype: true }),
    unique: fc.uniqueArray(fc.constantFrom("k1", "k2", "k3"), { maxLength: 1 }),
    expectation: fc.constantFrom("right", "right", "right", "right", "wrong", "none"),
  })
  .map(({ type, kind, id, value, indexes, unique, expectation }) => {
    if (type === "check") return { expectation, operation: { type, kind, id, expect: 0 } } as Draft;
    if (type === "delete") return { expectation, operation: { type, kind, id, expect: undefined } } as Draft;
    return { expectation, operation: { type: "put", kind, id, value, indexes, unique, expect: undefined } } as Draft;
  });

const key = ({ kind, id }: { kind: string; id: string }) => `${kind}/${id}`;

function oncePerRow(drafts: readonly Draft[]): Draft[] {
  return [...new Map(drafts.map((d) => [key(d.operation), d])).values()];
}

function withExpectation({ operation, expectation }: Draft, { rows }: Model): Operation {
  const revision = rows.get(key(operation))?.revision ?? 0;
  if (expectation === "none" && operation.type !== "check") return operation;
  return { ...operation, expect: expectation === "wrong" ? revision + 1 : revision } as Operation;
}

function apply(model: Model, operations: readonly Operation[]): Model | { conflict: true } {
  const rows = new Map(model.rows);
  const revision = model.revision + 1;
  let changed = false;
  for (const operation of operations) {
    const before = model.rows.get(key(operation));
    if (operation.expect !== undefined && operation.expect !== (before?.revision ?? 0)) return { conflict: true };
    if (operation.type === "delete") changed = rows.delete(key(operation)) || changed;
    if (operation.type !== "put") continue;
    const { kind, id, value, indexes, unique } = operation;
    rows.set(key(operation), { kind, id, revision, value, indexes, unique });
    changed = true;
  }
  const keys = [...rows.values()].flatMap(({ kind, unique }) => unique.map((k) => `${kind}/${k}`));
  if (new Set(keys).size < keys.length) return { conflict: true };
  return changed ? { revision, rows } : model;
}

async function sameRows(store: Store, { revision, rows }: Model): Promise<void> {
  expect(await store.revision()).toBe(revision);
  const all = [...(await store.list("node")), ...(await store.list("vm"))];
  expect(all.map(plain)).toEqual(contents(rows));
  for (const index of ["x", "y"]) {
    for (const value of ["1", "2"]) {
      const found = await store.list("vm", { where: { index, value }, reverse: true });
      const expected = all.filter((row) => row.kind === "vm" && row.indexes[index] === value);
      expect(found.map((row) => row.id)).toEqual(expected.map((row) => row.id).toReversed());
    }
  }
}

async function replay(store: Store, start: Model, until: number): Promise<unknown[]> {
  const rows = new Map<string, Row>(start.rows);
  const done = new AbortController();
  if (start.revision === until) return contents(rows);
  for await (const { revision, changes } of store.watch(start.revision, done.signal)) {
    for (const change of changes) {
      if (change.row) rows.set(key(change), change.row);
      else rows.delete(key(change));
    }
    if (revision === until) done.abort();
  }
  return contents(rows);
}

function contents(rows: ReadonlyMap<string, Row>): unknown[] {
  return [...rows.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).map(plain);
}

function plain({ kind, id, revision, value, indexes }: Row): unknown {
  return { kind, id, revision, value: [...value], indexes: { ...indexes } };
}
