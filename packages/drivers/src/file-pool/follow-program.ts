import { spawn } from "node:child_process";
import { once } from "node:events";

const MOST_OUTPUT = 1024 * 1024;
const MOST_WORDS = 4096;

export interface Following {
  /** Ends it with its reason. */
  signal: AbortSignal;
  onProgress?: ((percent: number) => void) | undefined;
}

/** Runs a long job of qemu-img(1), which tells its progress where it is given `-p`. */
export async function followProgram(
  program: string,
  args: readonly string[],
  { env, signal, onProgress }: Following & { env: Record<string, string> },
): Promise<{ code: number | null; output: string; words: string }> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  let [output, words] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const last = [...text.matchAll(/\(([\d.]+)\/100%\)/g)].at(-1)?.[1];
    if (last !== undefined) onProgress?.(Number(last));
    output = (output + text).slice(-MOST_OUTPUT);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-MOST_WORDS)));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    signal.throwIfAborted();
    return { code, output, words: words.trim() };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
