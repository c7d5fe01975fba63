import { createHash } from "node:crypto";
import { glob, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../lib/process.ts";
import { root } from "./config.ts";

const home = join(root, "apps/dashboard");
const dist = join(home, "dist");
const stampFile = join(root, ".local/dashboard.stamp");

/** The dashboard's own sources, and those of the packages that it is built with; the demo has most of them. */
const sources = [
  "apps/dashboard/{index.html,package.json,tsconfig.json,vite.config.ts}",
  "apps/dashboard/public/**",
  "apps/dashboard/src/**",
  "packages/{api,kit,control,node,sim}/{package.json,src/**}",
  "pnpm-lock.yaml",
];

/**
 * Builds the dashboard into apps/dashboard/dist, unless what is there was built from what the sources are now. Answers
 * whether it did. The new build takes the old one's place when it is whole.
 */
export async function ensureDashboard(say: (line: string) => void): Promise<boolean> {
  const stamp = await sourcesStamp();
  const built = await readFile(stampFile, "utf8").catch(() => "");
  if (built === stamp && (await isThere(join(dist, "index.html")))) return false;
  say("building the dashboard");
  const fresh = join(home, `.dist-${process.pid}`);
  try {
    const vite = join(home, "node_modules/vite/bin/vite.js");
    const args = ["build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"];
    await run(process.execPath, [vite, ...args], {
      cwd: home,
      env: { ...process.env, NODE_ENV: "production", NO_COLOR: "1" },
    });
    await rm(dist, { recursive: true, force: true });
    await rename(fresh, dist);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  await mkdir(join(root, ".local"), { recursive: true });
  await writeFile(stampFile, stamp);
  return true;
}

/** Names, sizes and times of change: told without reading a file. */
async function sourcesStamp(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(sources, { cwd: root })) files.push(file);
  const lines = await Promise.all(
    files.toSorted().map(async (file) => {
      const { size, mtimeMs } = await stat(join(root, file));
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
