import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { AuthService, Node_Phase, NodeService, VMService } from "@limiquantix/api";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import { createConnectTransport } from "@connectrpc/connect-node";

const run = promisify(execFile);
export const root = join(import.meta.dirname, "../..");

/** The whole product as processes on this (lab) host: control plane, node daemon on real libvirt, CLI. */
export class Stack implements AsyncDisposable {
  readonly directory: string;
  readonly url = "http://127.0.0.1:8080";
  readonly poolPath: string;
  readonly controlPlane: Daemon;
  readonly node: HostDaemon;
  #token = "";

  private constructor(directory: string, makeNode?: (stack: Stack) => HostDaemon) {
    this.directory = directory;
    this.poolPath = join(directory, "pool");
    const control = ["--data", join(directory, "control"), "--listen", "127.0.0.1:8080"];
    this.controlPlane = new Daemon("limiquantix-controlplane", control, join(directory, "controlplane.log"));
    const node = ["--data", join(directory, "node"), "--pool-path", this.poolPath, "--listen", "127.0.0.1:9090"];
    const registration = [
      "--control-plane",
      this.url,
      "--register",
      "--join-token-file",
      join(directory, "control/first-join-token"),
    ];
    this.node =
      makeNode?.(this) ?? new Daemon("limiquantix-node", [...node, ...registration], join(directory, "node.log"));
  }

  /** Starts all of it and resolves when the host is READY and the CLI is logged in. `makeNode`: its host is another machine. */
  static async start(makeNode?: (stack: Stack) => HostDaemon): Promise<Stack> {
    const stack = new Stack(await mkdtemp(join(tmpdir(), "lqx-stack-")), makeNode);
    try {
      await stack.#start();
      return stack;
    } catch (cause) {
      const logs = `${await stack.controlPlane.log()}${await stack.node.log()}`;
      await stack[Symbol.asyncDispose]();
      throw new Error(`the stack did not start:\n${logs}`, { cause });
    }
  }

  async #start(): Promise<void> {
    await mkdir(join(this.directory, "home"));
    await this.controlPlane.start();
    await until("the control plane is ready", async () => (await fetch(`${this.url}/ready`)).ok);
    const login = await readFile(join(this.directory, "control/first-login"), "utf8");
    const password = /password:?\s*(\S+)/i.exec(login)?.[1] ?? "";
    this.#token = (await this.client(AuthService).login({ username: "admin", password })).token;
    await this.lqx(["login", "--server", this.url, "--user", "admin", "--password-stdin"], password);
    await this.node.start();
    await this.untilHostReady();
  }

  client<S extends DescService>(service: S): Client<S> {
    const authorize: Interceptor = (next) => (request) => {
      if (this.#token) request.header.set("authorization", `Bearer ${this.#token}`);
      return next(request);
    };
    return createClient(
      service,
      createConnectTransport({ httpVersion: "1.1", baseUrl: this.url, interceptors: [authorize] }),
    );
  }

  async untilHostReady(): Promise<void> {
    await until(
      "the host is READY",
      async () => {
        const { nodes } = await this.client(NodeService).listNodes({ phases: [Node_Phase.READY] });
        return nodes.length === 1;
      },
      180_000,
    );
  }

  /** Runs the CLI; answers what it printed. Throws with all of its output when it fails. */
  async lqx(args: string[], input = ""): Promise<string> {
    const promise = run(join(root, "bin/lqx"), args, {
      env: this.environment,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 600_000,
    });
    promise.child.stdin?.end(input);
    try {
      return (await promise).stdout;
    } catch (cause) {
      const { stdout, stderr } = cause as { stdout: string; stderr: string };
      throw new Error(`lqx ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause });
    }
  }

  /** Runs the CLI with `-o json`. */
  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.lqx([...args, "-o", "json"])) as T;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: join(this.directory, "home"), LIMIQUANTIX_SERVER: this.url, NO_COLOR: "1" };
  }

  /** Removes its VMs, so that a test that failed leaves nothing to the next, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#removeVms().catch(() => {});
    await this.node.stop();
    await this.controlPlane.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #removeVms(): Promise<void> {
    const vms = this.client(VMService);
    // One whose clones share its blocks goes after them.
    const removed = async () => {
      const left = (await vms.listVMs({})).vms;
      for (const { id } of left) await vms.deleteVM({ id, force: true, keepFor: {} }).catch(() => {});
      return left.length === 0;
    };
    await until("all VMs are gone", removed, 30_000);
  }
}

/** The node daemon, wherever it runs. */
export interface HostDaemon {
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  log(): Promise<string>;
}

/** One of our programs, that a test can stop, kill and start again. */
export class Daemon {
  readonly #name: string;
  readonly #args: string[];
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  constructor(name: string, args: string[], logFile: string) {
    this.#name = name;
    this.#args = args;
    this.#logFile = logFile;
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error(`${this.#name} does not run`);
    return this.#child.pid;
  }

  async start(): Promise<void> {
    const log = openSync(this.#logFile, "a");
    this.#child = spawn(join(root, "bin", this.#name), this.#args, { stdio: ["ignore", log, log] });
    closeSync(log);
    await once(this.#child, "spawn");
  }

  /** SIGKILL, at once. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  log(): Promise<string> {
    return readFile(this.#logFile, "utf8").catch(() => "");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit", { signal: AbortSignal.timeout(60_000) });
    child.kill(signal);
    await exited.catch(async (cause: unknown) => {
      throw new Error(`${this.#name} does not end:\n${await this.log()}`, { cause });
    });
  }
}

/** Waits until `condition` holds; a condition that throws does not hold yet, nor does one that does not answer. */
export async function until(what: string, condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  let cause: unknown;
  while (Date.now() < end) {
    try {
      if (await Promise.race([condition(), sleep(end - Date.now(), false, { ref: false })])) return;
    } catch (error) {
      cause = error;
    }
    await sleep(200);
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s`, { cause });
}
