import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Random } from "./random.ts";
import { floods, http1, http2, play } from "./raw.ts";
import { TargetProcess } from "./target-process.ts";
import { count, seed } from "./world.ts";

vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const silenceMs = 150;
const width = 64;
/** Memory that a flood may cost, once it is over and garbage is collected. */
const mostGrowthBytes = 64 * 1024 * 1024;

let target: TargetProcess;

beforeAll(async () => {
  target = await TargetProcess.start();
});

afterAll(() => target[Symbol.asyncDispose]());

test("bytes of all kinds at the port bring neither its end nor silence", async () => {
  const random = new Random(seed);
  const total = count(40_000);
  const before = await target.memory();
  const hanging: Socket[] = [];
  const began = performance.now();
  const internal: string[] = [];
  for (let done = 0; done < total; done += 500) {
    let left = 500;
    const worker = async () => {
      while (left-- > 0) {
        const exchange = random.chance(0.7) ? http1(random) : http2(random);
        const { socket, answer } = await play(target.port, exchange, silenceMs);
        if (exchange.leave === "hang") hanging.push(socket);
        if (answer.startsWith("HTTP/1.1 500")) internal.push(answer.slice(0, 300), exchange.bytes.toString());
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
    // Slow bodies and connections that say nothing more are many by now.
    expect(await target.mustBeWell()).toBeLessThan(20_000);
    for (const socket of hanging.splice(0, Math.max(0, hanging.length - 400))) socket.destroy();
  }
  for (const socket of hanging) socket.destroy();
  const after = await target.memory();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `fuzz: seed ${seed}, ${total} raw exchanges in ${seconds} s, heap ${mib(before.heapBytes)} → ${mib(after.heapBytes)}`,
  );
  expect(internal.slice(0, 4)).toEqual([]);
  expect(target.errors).toBe("");
  expect(after.heapBytes - before.heapBytes).toBeLessThan(mostGrowthBytes);
});

test.each(Object.entries(floods()))("a flood of HTTP/2 %s is borne", async (name, bytes) => {
  const before = await target.memory();
  const played = Promise.all(Array.from({ length: 4 }, () => play(target.port, { bytes, leave: "hang" }, 3000)));
  const [slowest] = await Promise.all([
    target.mustBeWell(10_000),
    played.then((all) => all.forEach(({ socket }) => socket.destroy())),
  ]);
  await target.mustBeWell();
  const after = await target.memory();
  const growth = after.heapBytes - before.heapBytes;
  console.log(
    `fuzz: ${name}: /health within ${slowest.toFixed(0)} ms, heap grew by ${mib(growth)}, RSS ${mib(after.rssBytes)}`,
  );
  expect(growth).toBeLessThan(mostGrowthBytes);
  expect(target.errors).toBe("");
});

test("a body that comes by the byte holds nobody up", async () => {
  const { port } = target;
  const head =
    "POST /limiquantix.compute.v1.VMService/ListVMs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  const bytes = Buffer.from(`${head}Content-Length: 1000000\r\n\r\n{`);
  const slow = await Promise.all(Array.from({ length: 500 }, () => play(port, { bytes, leave: "hang" }, 50)));
  for (const { socket } of slow) socket.write(" ");
  expect(await target.mustBeWell()).toBeLessThan(20_000);
  for (const { socket } of slow) socket.destroy();
});

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
