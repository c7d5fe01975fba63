import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { lqxProcess, start } from "./processes.ts";
import type { Outcome } from "./run-lqx.ts";

/** The real programs and one host of which the hypervisor is simulated, with an `lqx` for them. */
export interface SimPlatform extends AsyncDisposable {
  readonly home: string;
  readonly env: Record<string, string>;
  readonly lqx: (...words: string[]) => Promise<Outcome>;
  /** What must work: its output. A failure shows what was said instead of a number. */
  readonly ok: (...words: string[]) => Promise<string>;
  /** The same as data. */
  readonly json: <Data = unknown>(...words: string[]) => Promise<Data>;
}

export async function startSimPlatform(name: string): Promise<SimPlatform> {
  const home = await mkdtemp(join(tmpdir(), `lqx-${name}-`));
  const controlPlane = start("limiquantix-controlplane", ["--dev", "--listen", "127.0.0.1:0"], { HOME: home });
  const [, server = ""] = await controlPlane.said(/listening on (http:\S+)/);
  const env = { HOME: home, LIMIQUANTIX_SERVER: server };
  const args = ["--dev", "--listen", "127.0.0.1:0", "--control-plane", server, "--register"];
  const node = start("limiquantix-node", args, { HOME: home });
  const lqx = (...words: string[]) => lqxProcess(words, env);
  const ok = async (...words: string[]) => {
    const { code, out, err } = await lqx(...words);
    expect(code, `lqx ${words.join(" ")}\n${err}`).toBe(0);
    return out;
  };
  await vi.waitFor(async () => expect(await ok("node", "list")).toContain("READY"), { timeout: 30_000, interval: 200 });
  return {
    home,
    env,
    lqx,
    ok,
    json: async <Data>(...words: string[]) => JSON.parse(await ok(...words, "-o", "json")) as Data,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await controlPlane[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    },
  };
}
