import { basename, join } from "node:path";
import { root } from "./config.ts";
import type { Report } from "./results.ts";
import { filesOf, hostTestFiles, longHostTests } from "./test-files.ts";
import { succeeds, vitest } from "./vitest-run.ts";

/** Emulated guests wait as much as they compute: two of them fit two cores, and a third makes all of them late. */
const LANES = 2;
const FILE_LIMIT_MS = 20 * 60_000;
const STEP_LIMIT_MS = 5 * 60_000;

/**
 * Runs the host tests, each lane in a lab host of its own, file by file: a lane that is free takes the next one. `wrong`
 * gets what went wrong besides the tests.
 */
export async function runHostTests(scratch: string, wrong: string[]): Promise<Report[]> {
  const lab = join(root, "tools/lab/host");
  const waiting = await filesInOrder();
  const reports: Report[] = [];
  const lane = async (host: string): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      reports.push(
        await vitest({
          reportFile: join(scratch, `${basename(file)}-${waiting.length}.json`),
          config: join(root, "test/vitest.host.config.ts"),
          files: [file],
          prefix: [lab, "exec", host],
          limitMs: FILE_LIMIT_MS,
        }),
      );
  };
  // A host's name is short because it becomes a network device.
  const hosts = Array.from({ length: LANES }, (_, number) => `t${process.pid % 100_000}-${number}`);
  for (const host of hosts)
    if (!(await succeeds([lab, "up", host], STEP_LIMIT_MS))) wrong.push(`the lab host ${host} did not start`);
  await Promise.all(hosts.map(lane));
  for (const host of hosts)
    if (!(await succeeds([lab, "down", host], STEP_LIMIT_MS))) wrong.push(`the lab host ${host} could not be removed`);
  return reports;
}

/** The long ones first: one that begins last would be waited for alone. */
async function filesInOrder(): Promise<string[]> {
  const place = (file: string): number => {
    const known = longHostTests.indexOf(basename(file));
    return known < 0 ? longHostTests.length : known;
  };
  return (await filesOf(hostTestFiles)).toSorted((a, b) => place(a) - place(b));
}
