import { chmod, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Makes a directory with those above it; what it makes has this mode, whatever our umask is (077 under the packaged unit). */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const whole = resolve(path);
  const first = await mkdir(whole, { recursive: true });
  if (first === undefined) return;
  for (let at = whole; at.length >= first.length; at = dirname(at)) await chmod(at, mode);
}
