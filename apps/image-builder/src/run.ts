import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

/** Runs a program to its end and answers its standard output; the error carries the end of what it printed. */
export async function run(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await execFileAsync(file, args, { maxBuffer: 256 * 1024 * 1024, ...options });
    return stdout;
  } catch (cause) {
    const said =
      cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n").slice(-30).join("\n") : "";
    throw new Error(`${file} failed${said ? `:\n${said}` : ""}`, { cause });
  }
}
