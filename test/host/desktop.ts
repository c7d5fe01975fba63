import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { type Stack, until } from "./stack.ts";

const run = promisify(execFile);

/** A person's desktop without a person: a screen in memory (Xvfb), and the programs that a link is handed to. */
export class Desktop implements AsyncDisposable {
  readonly environment: NodeJS.ProcessEnv;
  readonly #screen: ChildProcess;
  readonly #frames: string;

  private constructor(screen: ChildProcess, frames: string, environment: NodeJS.ProcessEnv) {
    this.#screen = screen;
    this.#frames = frames;
    this.environment = environment;
  }

  /** Of the person who is logged in with the stack's CLI. */
  static async start(stack: Stack): Promise<Desktop> {
    const frames = join(stack.directory, "frames");
    await mkdir(frames);
    const args = ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-fbdir", frames, "-nolisten", "tcp"];
    const screen = spawn("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const [number] = (await once(createInterface(screen.stdio[3] as Readable), "line")) as [string];
    const { PATH = "" } = process.env;
    const HOME = join(stack.directory, "home");
    return new Desktop(screen, frames, { PATH, HOME, DISPLAY: `:${number}`, NO_AT_BRIDGE: "1" });
  }

  /** Runs a program of the desktop to its end and answers what it printed. */
  async run(program: string, ...args: string[]): Promise<string> {
    return (await run(program, args, { env: this.environment })).stdout;
  }

  /** How many pixels of the screen have about this colour, 0xRRGGBB: a VGA's own ones are a little darker. */
  async pixels(colour: number): Promise<number> {
    // An X window dump (XWDFile.h): big-endian words, then a palette of 12 bytes each, then 32 bits a pixel.
    const dump = await readFile(join(this.#frames, "Xvfb_screen0"));
    const at = dump.readUInt32BE(0) + 12 * dump.readUInt32BE(4 * 19);
    const pixels = new Uint32Array(Uint8Array.from(dump.subarray(at)).buffer);
    return pixels.reduce((count, pixel) => ((pixel & 0xf0f0f0) === (colour & 0xf0f0f0) ? count + 1 : count), 0);
  }

  /** Closes the native viewer, as a click on its window's cross does; lqx, which started it, ends with it. */
  async closeViewer(): Promise<void> {
    for (const { pid } of await runningPrograms("remote-viewer --")) process.kill(pid, "SIGTERM");
    const gone = async () => (await runningPrograms("remote-viewer --", " console open ")).length === 0;
    await until("the viewer is closed", gone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeViewer();
    const gone = once(this.#screen, "exit");
    this.#screen.kill();
    await gone;
  }
}

/** Whose command lines, as anybody on this (lab) host can read them, have one of these in them. */
export async function runningPrograms(...parts: string[]): Promise<{ pid: number; line: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string) => {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return { pid: Number(pid), line: line.replaceAll("\0", " ").trim() };
  };
  return (await Promise.all(pids.map(read))).filter(({ line }) => parts.some((part) => line.includes(part)));
}
