import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./config.ts";
import { count, type Report } from "./results.ts";

export interface VitestRun {
  /** Where its report is written. */
  reportFile: string;
  config?: string;
  /** These alone. */
  files?: readonly string[];
  /** A command line that runs what follows it. */
  prefix?: readonly string[];
  /** A run that hangs is ended, and fails. */
  limitMs: number;
}

/** Runs vitest, and answers its report; where it has none, one that says so. */
export async function vitest({ reportFile, config, files = [], prefix = [], limitMs }: VitestRun): Promise<Report> {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const runner = [join(root, "node_modules/.bin/vitest"), "run", ...reporters, ...(config ? ["--config", config] : [])];
  const ok = await succeeds([...prefix, ...runner, ...files], limitMs);
  const report = await readReport(reportFile);
  // A runner that died has no report, and one may fail by an error that no test waited for: neither is a pass.
  if (report && (ok || count([report]).failed > 0)) return report;
  const name = files.join(" ") || (config ?? "vitest");
  const trouble = { name, status: "failed", message: "the run itself failed", assertionResults: [] };
  return { testResults: [...(report?.testResults ?? []), trouble] };
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } catch {
    return undefined;
  }
}

/** Whether a program ended well, and in time; what it says is shown. */
export async function succeeds([file = "", ...args]: readonly string[], limitMs: number): Promise<boolean> {
  const child = spawn(file, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], timeout: limitMs });
  const [code] = await once(child, "exit").catch((error: unknown) => {
    console.error(error);
    return [1];
  });
  return code === 0;
}
