import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ByteLink } from "./message-stream.ts";

/** A process with a backend in it. */
export interface ChildLink extends ByteLink {
  /** Kills it, whatever it waits for, and answers when it is gone. */
  kill(): Promise<void>;
}

const environment = {
  LC_ALL: "C",
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin",
  // One that waits for the storage holds up no more than itself.
  UV_THREADPOOL_SIZE: "16",
};

/** Starts one on this host. It is killed where we are (setpriv(1), prctl(2) PR_SET_PDEATHSIG). */
export async function startChild(): Promise<ChildLink> {
  const program = [process.execPath, "--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts")];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...program], {
    cwd: "/",
    env: environment,
    stdio: ["pipe", "pipe", "inherit"],
  });
  // The end of its output says all there is to say.
  child.on("error", () => child.stdout.destroy());
  child.stdin.on("error", () => {});
  return {
    input: child.stdout,
    output: child.stdin,
    async kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
