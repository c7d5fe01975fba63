import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { HostVerdictSchema, problem, Reason, TaskSchema } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { ExitCode } from "../exit-codes.ts";
import { TaskFailed } from "../tasks/task-failed.ts";
import { asProblem, describeProblem, exitCodeOf, problemJson, taskFailure } from "./describe-error.ts";
import { createPaint, paintState } from "./paint.ts";
import { printable, renderFields, renderTable } from "./table.ts";

const plain = createPaint(false);
const colour = createPaint(true);

describe("tables", () => {
  const columns = [
    { header: "NAME", value: (row: { name: string; count: number }) => row.name },
    { header: "COUNT", value: (row: { count: number }) => String(row.count), right: true },
    { header: "LAST", value: () => "x" },
  ];
  test("align, figures to the right, no blanks at the end", () => {
    expect(
      renderTable(columns, [
        { name: "web", count: 5 },
        { name: "database", count: 12345 },
      ]),
    ).toEqual(["NAME      COUNT  LAST", "web           5  x", "database  12345  x"]);
  });
  test("colours do not move columns", () => {
    const painted = [
      { ...columns[0], header: "NAME", value: () => "RUNNING", paint: (text: string) => paintState(colour, text) },
      columns[1]!,
    ];
    const [, line = ""] = renderTable(painted, [{ name: "", count: 7 }]);
    expect(line).toBe(`${colour.green("RUNNING")}      7`);
  });
  test("control characters from elsewhere do not reach the terminal", () => {
    expect(printable("a\u001b[2Jb\nc\u009bd")).toBe("a·[2Jb·c·d");
    expect(
      renderFields([
        ["Note", "two\nlines\u0007"],
        ["Empty", ""],
      ]),
    ).toEqual(["Note:  two\n       lines·"]);
  });
});

describe("failures", () => {
  const nothingFits = problem(
    Reason.NO_HOST_FITS,
    { vm: "web", why: "2 hosts looked at" },
    {
      hosts: [
        create(HostVerdictSchema, {
          hostname: "host-1",
          objections: [{ filter: "memory", message: "1 GiB free, 4 GiB asked" }],
        }),
      ],
    },
  );
  test("say what, where and what to try", () => {
    expect(describeProblem(nothingFits, plain)).toEqual([
      "error: no host fits VM web: 2 hosts looked at",
      "  host-1: memory: 1 GiB free, 4 GiB asked",
      "try this: See the verdict of each host; make room, ask for less, or loosen the placement rules.",
    ]);
    const wrong = problem(
      Reason.INVALID_REQUEST,
      { message: "bad" },
      { fields: [{ field: "spec.cpu.cores", message: "at least 1" }] },
    );
    expect(describeProblem(wrong, plain)[1]).toBe("  spec.cpu.cores: at least 1");
  });
  test("are data for programs", () => {
    expect(problemJson(nothingFits)).toMatchObject({
      error: { reason: "NO_HOST_FITS", hosts: [{ hostname: "host-1" }] },
    });
  });
  test.each([
    [Reason.NOT_FOUND, ExitCode.NOT_FOUND],
    [Reason.UNAUTHENTICATED, ExitCode.DENIED],
    [Reason.NAME_TAKEN, ExitCode.CONFLICT],
    [Reason.REVISION_CONFLICT, ExitCode.CONFLICT],
    [Reason.NO_HOST_FITS, ExitCode.EXHAUSTED],
    [Reason.NODE_UNREACHABLE, ExitCode.UNAVAILABLE],
    [Reason.INVALID_REQUEST, ExitCode.USAGE],
    [Reason.INTERNAL, ExitCode.FAILED],
  ])("reason %s exits with %s", (reason, code) => expect(exitCodeOf(problem(reason))).toBe(code));

  test("a server that is not there comes with a hint about the address", () => {
    const found = asProblem(new ConnectError("connect ECONNREFUSED", Code.Unavailable), "http://a:1");
    expect(found && describeProblem(found, plain).join("\n")).toContain("LIMIQUANTIX_SERVER");
    expect(asProblem(new TypeError("ours"), "x")).toBeUndefined();
  });
  test("a task's failure keeps its own words", () => {
    const task = create(TaskSchema, {
      id: "t",
      error: { reason: Reason.POOL_FULL, message: "pool local is full", tryThis: "Free space." },
    });
    const failure = taskFailure(new TaskFailed(task));
    expect(failure && describeProblem(failure, plain)).toEqual(["error: pool local is full", "try this: Free space."]);
  });
});
