import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readmeCommands } from "./readme.ts";
import { root, until } from "./stack.ts";
import { Terminal } from "./terminal.ts";

/** `npm start` and the README's first use, typed in a terminal as they stand there. */
let directory: string;
let env: NodeJS.ProcessEnv;
let started: Started;

interface Started {
  child: ReturnType<typeof spawn>;
  output: () => string;
  seconds: number;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-start-"));
  env = { ...process.env, HOME: join(directory, "home"), LIMIQUANTIX_DATA: join(directory, "data"), NO_COLOR: "1" };
  delete env["LIMIQUANTIX_LIBVIRT_SOCKET"];
  started = await npmStart();
});

afterAll(async () => {
  await stop(started, "SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

test("npm start ends with the address, the login and three commands", () => {
  const said = started.output();
  expect(said).toContain("http://127.0.0.1:8080");
  expect(said).toMatch(/user: admin\s+password: \S+/);
  expect(said.match(/^ {2}bin\/lqx /gm)).toHaveLength(3);
});

test("the README's first use works as it stands", { timeout: 400_000 }, async () => {
  const commands = await readmeCommands("## First use");
  expect(commands.length).toBeLessThanOrEqual(10);
  for (const command of commands) {
    await using terminal = new Terminal(command, { cwd: root, env });
    if (command.includes("lqx login")) {
      await terminal.shows(/password/i);
      terminal.type(`${/password: (\S+)/.exec(started.output())![1]}\r`);
    }
    if (command.includes("vm ssh")) {
      await terminal.shows(/web-1|\$ $|~/, { timeoutMs: 120_000 });
      terminal.type("id -un; exit\r");
      await terminal.shows(/^ada\r?$/m);
    }
    if (command.includes("vm console")) {
      await terminal.shows(/web-1 login:/, { nudge: "\r" });
      terminal.type("\u001d");
    }
    expect(await terminal.end(90_000), `${command}\n${terminal.seen}`).toBe(0);
  }
});

test("killed and started again, it takes seconds and has kept everything", { timeout: 120_000 }, async () => {
  await run("bin/lqx vm create kept --cpu 1 --memory 64MiB --disk 1GiB --wait");
  await stop(started, "SIGKILL");
  started = await npmStart();
  expect(started.seconds).toBeLessThan(30);
  await until("the VM is known to run", async () => (await run("bin/lqx vm get kept -o json")).includes('"RUNNING"'));
  await run("bin/lqx vm delete kept --force --yes --wait");
});

async function npmStart(): Promise<Started> {
  const before = performance.now();
  const child = spawn("npm", ["start"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  child.stdout.on("data", (data) => (said += data));
  child.stderr.on("data", (data) => (said += data));
  await until("npm start is ready", async () => said.includes("VMs keep running"), 120_000).catch((cause: unknown) => {
    throw new Error(`it said:\n${said}`, { cause });
  });
  return { child, output: () => said, seconds: (performance.now() - before) / 1000 };
}

/** Ends npm start with all that it started, as Ctrl-C or a power cut of the terminal does. */
async function stop({ child }: Started, signal: NodeJS.Signals): Promise<void> {
  process.kill(-child.pid!, signal);
  await until("its ports are free", async () => {
    const answer = await fetch("http://127.0.0.1:8080/health").catch(() => undefined);
    return answer === undefined;
  });
}

async function run(command: string): Promise<string> {
  await using terminal = new Terminal(command, { cwd: root, env });
  expect(await terminal.end(), terminal.seen).toBe(0);
  return terminal.seen;
}
