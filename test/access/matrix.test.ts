import { fromJson, toJson, type DescMethod, type JsonValue } from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { fromConnectError, isProblem, publicServices, Reason } from "@limiquantix/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callers, matrix, type CallerName, type Cell } from "./matrix.ts";
import { requests } from "./requests.ts";
import { makeWorld, type World } from "./world.ts";

const methods = new Map<string, DescMethod>(
  publicServices.flatMap((service) => service.methods.map((method) => [`${service.name}.${method.name}`, method])),
);

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test("the matrix has every RPC, a cell for every caller, and nothing else", () => {
  expect(Object.keys(matrix)).toEqual([...methods.keys()]);
  expect(Object.keys(requests).toSorted()).toEqual([...methods.keys()].toSorted());
  for (const [name, row] of Object.entries(matrix)) {
    expect(row.split(" ").length, name).toBe(callers.length);
    expect(row, name).toMatch(/^[-+fhd]( [-+fhd])*$/);
    expect(row, `${name}: somebody is allowed`).toMatch(/[+f]/);
  }
});

describe.each(Object.keys(matrix))("%s", (name) => {
  test("answers each caller as the matrix says", async () => {
    const cells = Object.fromEntries(matrix[name]!.split(" ").map((cell, i) => [callers[i], cell as Cell]));
    const got: Partial<Record<CallerName, string>> = {};
    for (const caller of callers) {
      const outcome = await call(name, caller);
      // What may be called says nothing of what is seen: both answer, and are told apart by what is in the answer.
      const wanted = cells[caller];
      got[caller] = outcome.cell === "+" && wanted === "f" ? seen(outcome.answer) : outcome.cell;
      if (outcome.cell === "+" && filters(name) && wanted === "+") {
        expect(seen(outcome.answer), `${name} as ${caller} shows what they may see`).not.toBe("f");
      }
    }
    expect(got).toEqual(cells);
  });
});

/** Lists that show only what the caller may see; the others are all or nothing. */
function filters(name: string): boolean {
  return matrix[name]!.includes("f") && !name.startsWith("EventService.Watch");
}

interface Outcome {
  cell: Cell;
  answer: JsonValue[];
}

/** f: none of the objects that the requests are about is in the answer. */
function seen(answer: JsonValue[]): string {
  const text = JSON.stringify(answer);
  const { project, folder, vm, schedule, image, pool, volume, network, node, cluster, task, grant } = world;
  const found = Object.entries({
    project,
    folder,
    vm,
    schedule,
    image,
    pool,
    volume,
    network,
    node,
    cluster,
    task,
    grant,
  })
    .filter(([, id]) => text.includes(`"${id}"`))
    .map(([kind]) => kind);
  return found.length === 0 ? "f" : `shows ${found.join()}`;
}

async function call(name: string, caller: CallerName): Promise<Outcome> {
  const method = methods.get(name)!;
  const headers = await world.headersOf(caller);
  const message = fromJson(method.input, requests[name]!(world) as JsonValue);
  try {
    const answer = await send(world.transport, method, message, headers);
    return { cell: "+", answer };
  } catch (error) {
    return { cell: cellOf(error), answer: [] };
  }
}

/** The messages of a stream until it is in step or has nothing more to say for a moment. */
async function send(transport: Transport, method: DescMethod, message: object, headers: Record<string, string>) {
  const json = (value: object) => toJson(method.output, value as never) as JsonValue;
  if (method.methodKind === "unary") {
    const { message: answer } = await transport.unary(method as never, undefined, undefined, headers, message as never);
    return [json(answer as object)];
  }
  const stop = new AbortController();
  async function* one() {
    yield message as never;
  }
  // A stream that has nothing to say yet has not even answered: it was let in.
  const response = await Promise.race([
    transport.stream(method as never, stop.signal, undefined, headers, one()),
    quiet(),
  ]);
  if (!response) {
    stop.abort();
    return [];
  }
  const messages = (response.message as AsyncIterable<object>)[Symbol.asyncIterator]();
  const answers: JsonValue[] = [];
  try {
    for (;;) {
      const next = await Promise.race([messages.next(), quiet()]);
      if (next === undefined || next.done) return answers;
      answers.push(json(next.value));
    }
  } finally {
    stop.abort();
  }
}

function quiet(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), 50));
}

const notSignedIn: ReadonlySet<Reason> = new Set([
  Reason.UNAUTHENTICATED,
  Reason.CERTIFICATE_NEEDED,
  Reason.CERTIFICATE_REVOKED,
]);
const denied: ReadonlySet<Reason> = new Set([Reason.PERMISSION_DENIED, Reason.PRIVILEGE_MISSING]);

function cellOf(error: unknown): Cell {
  const problem = fromConnectError(ConnectError.from(error));
  if (!isProblem(problem)) throw error;
  if (notSignedIn.has(problem.reason)) return "-";
  if (denied.has(problem.reason)) return "d";
  const hidden = problem.reason === Reason.NOT_FOUND && problem.params["id"] !== world.missing;
  if (problem.reason === Reason.INTERNAL) throw error;
  return hidden ? "h" : "+";
}
