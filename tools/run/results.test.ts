import { describe, expect, it } from "vitest";
import { complaints, count, type Report } from "./results.ts";

const report = (name: string, ...statuses: string[]): Report => ({
  testResults: [
    {
      name,
      status: statuses.includes("failed") ? "failed" : "passed",
      assertionResults: statuses.map((status, index) => ({ fullName: `test ${index}`, status })),
    },
  ],
});
const broken: Report = { testResults: [{ name: "/x/broken.test.ts", status: "failed", assertionResults: [] }] };

describe("test results", () => {
  it("counts over several runs, and a file that did not load as a failure", () => {
    const reports = [report("/a.test.ts", "passed", "passed", "pending"), report("/b.test.ts", "failed"), broken];
    expect(count(reports)).toEqual({ passed: 2, failed: 2, skipped: 1 });
  });

  it("counts a hook that failed around tests that passed", () => {
    const [file] = report("/a.test.ts", "passed").testResults;
    const torn: Report = { testResults: [{ ...file!, status: "failed", message: "afterAll" }] };
    expect(count([torn])).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(complaints([torn], [])).toEqual(["failed as a whole: /a.test.ts: afterAll"]);
  });

  it("lets no listed file be skipped or missing", () => {
    const reports = [report("/r/a.host.test.ts", "passed", "skipped"), report("/r/b.test.ts", "skipped")];
    expect(complaints(reports, ["a.host.test.ts", "c.host.test.ts"])).toEqual([
      "must not be skipped: /r/a.host.test.ts: test 1",
      "must run, and did not: c.host.test.ts",
    ]);
  });

  it("names what failed", () => {
    expect(complaints([report("/b.test.ts", "failed"), broken], [])).toEqual([
      "failed: /b.test.ts: test 0",
      "failed as a whole: /x/broken.test.ts",
    ]);
  });

  it("says why, in plain text", () => {
    const [file] = report("/b.test.ts").testResults;
    const failed = { fullName: "adds", status: "failed", failureMessages: ["expected \u001b[31m1\u001b[39m\nto be 2"] };
    const reports = [{ testResults: [{ ...file!, status: "failed", assertionResults: [failed] }] }];
    expect(complaints(reports, [])).toEqual(["failed: /b.test.ts: adds\n    expected 1\n    to be 2"]);
  });
});
