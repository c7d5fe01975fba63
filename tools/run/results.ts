import { stripVTControlCharacters } from "node:util";

/** What one run of the test runner found; the shape of vitest's JSON reporter, as far as we read it. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What fails with no test to blame: a file that did not load, or a hook around its tests. */
const failedAsAWhole = (file: Report["testResults"][number]): boolean =>
  file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed");

/** Counts tests over reports. A file that fails as a whole counts as one failure. */
export function count(reports: readonly Report[]): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const file of reports.flatMap((report) => report.testResults)) {
    if (failedAsAWhole(file)) totals.failed++;
    for (const { status } of file.assertionResults) {
      if (status === "passed") totals.passed++;
      else if (status === "failed") totals.failed++;
      else totals.skipped++;
    }
  }
  return totals;
}

/** The end of a long log is often all that is kept of it, so it says why, too. */
function brief(message: string): string {
  const lines = stripVTControlCharacters(message).split("\n");
  return lines
    .slice(0, 40)
    .map((line) => `    ${line.slice(0, 400)}`)
    .join("\n");
}

/** What stands in the way of a pass: failures with why, skips among `files`, and files that did not run at all. */
export function complaints(reports: readonly Report[], mustRun: readonly string[]): string[] {
  const results = reports.flatMap((report) => report.testResults);
  const lines: string[] = [];
  for (const file of results) {
    if (failedAsAWhole(file)) lines.push(`failed as a whole: ${file.name}${file.message ? `: ${file.message}` : ""}`);
    for (const { fullName, status, failureMessages = [] } of file.assertionResults) {
      if (status === "failed")
        lines.push([`failed: ${file.name}: ${fullName}`, ...failureMessages.map(brief)].join("\n"));
      else if (status !== "passed" && mustRun.some((suffix) => file.name.endsWith(suffix)))
        lines.push(`must not be skipped: ${file.name}: ${fullName}`);
    }
  }
  for (const suffix of mustRun) {
    const ran = results.some((file) => file.name.endsWith(suffix) && file.assertionResults.length > 0);
    if (!ran) lines.push(`must run, and did not: ${suffix}`);
  }
  return lines;
}
