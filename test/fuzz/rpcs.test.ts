import { publicServices } from "@limiquantix/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeBody, rubbish } from "./bodies.ts";
import { Caller } from "./caller.ts";
import { Messages } from "./messages.ts";
import { Random } from "./random.ts";
import { TargetProcess } from "./target-process.ts";
import { asUser, count, lineOf, seed } from "./world.ts";

/** With the raw exchanges beside them there are 100,000 and more. */
const total = count(60_000);
const batch = 4000;
const width = 48;
vi.setConfig({ testTimeout: 120_000 + total * 20, hookTimeout: 120_000 });

/** None of these is ever a caller's fault. */
const ours = new Set(["internal", "unknown", "data_loss", "late", "broken off", "http 500", "http 502"]);
/** After garbage is collected, with all that the calls created. */
const mostHeapBytes = 400 * 1024 * 1024;

const methods = publicServices.flatMap((service) => [...service.methods]);
let target: TargetProcess;
let caller: Caller;

beforeAll(async () => {
  target = await TargetProcess.start();
  caller = new Caller(target.port);
});

afterAll(async () => {
  caller[Symbol.dispose]();
  await target[Symbol.asyncDispose]();
});

test("no request of any RPC, by anybody, brings an internal error, a hang or the end", async () => {
  const random = new Random(seed);
  const known: string[] = [];
  const messages = new Messages(random, known);
  const faults = new Map<string, string>();
  const tally = new Map<string, number>();
  const seen = new Set<string>();
  let slowest = 0;
  const began = performance.now();

  const one = async (index: number) => {
    const method = methods[index % methods.length]!;
    const who = random.pick(["administrator", "administrator", "tenant", "nobody"] as const);
    const path = `/${method.parent.typeName}/${method.name}`;
    const body = makeBody(random, messages, method);
    if (random.chance(0.03)) body.bytes = rubbish(random);
    const headers = { ...(await asUser(target.port, who)), ...oddHeaders(random) };
    const streams = method.methodKind === "server_streaming";
    const sentAt = performance.now();
    const answer = await caller.send({ path, body, headers, streams });
    slowest = Math.max(slowest, performance.now() - sentAt);
    tally.set(answer.code, (tally.get(answer.code) ?? 0) + 1);
    if (answer.code === "ok") seen.add(method.name);
    for (const [, id] of answer.text.matchAll(/"(?:id|name|token|key)":"([^"\\]{1,80})"/g)) {
      if (known.length < 400) known.push(id!);
      else known[random.below(400)] = id!;
    }
    if (ours.has(answer.code)) {
      const fault = `${method.parent.name}.${method.name}: ${answer.code}: ${answer.text.slice(0, 200)}`;
      const key = `${method.name} ${answer.code}`;
      if (!faults.has(key)) faults.set(key, `${fault}\n  as ${who}, ${body.contentType}: ${lineOf(body.bytes)}`);
    }
  };

  for (let from = 0; from < total; from += batch) {
    let next = from;
    const end = Math.min(from + batch, total);
    const worker = async () => {
      while (next < end) await one(next++);
    };
    await Promise.all(Array.from({ length: width }, worker));
    await target.mustBeWell();
  }

  const memory = await target.memory();
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `fuzz: seed ${seed}, ${total} requests to ${methods.length} RPCs in ${seconds.toFixed(0)} s, ${seen.size} RPCs succeeded ` +
      `at least once, slowest ${slowest.toFixed(0)} ms, heap ${mib(memory.heapBytes)}, RSS ${mib(memory.rssBytes)}; ` +
      [...tally]
        .toSorted((a, b) => b[1] - a[1])
        .map(([code, times]) => `${code} ${times}`)
        .join(", "),
  );
  expect([...faults.values()], target.errors.slice(0, 6000)).toEqual([]);
  expect(target.errors).toBe("");
  expect(memory.heapBytes).toBeLessThan(mostHeapBytes);
});

function oddHeaders(random: Random): Record<string, string> {
  if (random.chance(0.9)) return {};
  return random.pick<Record<string, string>>([
    { "connect-timeout-ms": "1" },
    { "connect-timeout-ms": "x" },
    { "connect-timeout-ms": "99999999999999" },
    { "grpc-timeout": "1n" },
    { "grpc-timeout": "zz" },
    { "x-request-id": "\u00ff".repeat(100) },
    { "accept-encoding": "gzip, br, x" },
    { "connect-accept-encoding": "gzip" },
    { "connect-protocol-version": "9" },
    { origin: "https://evil.example" },
    { cookie: "a=b; lqx_session=x; =; ;;" },
  ]);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
