import { create, toJson, type JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { catalogueEntry, ErrorDetailSchema, fromConnectError, isProblem, Reason, type Problem } from "@limiquantix/api";
import { ExitCode } from "../exit-codes.ts";
import { TaskFailed } from "../tasks/task-failed.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./table.ts";

/** Anything that a verb threw, as a problem of the catalogue, if it came from the server or the way there. */
export function asProblem(error: unknown, server: string): Problem | undefined {
  if (isProblem(error)) return error;
  return error instanceof ConnectError ? fromConnectError(error, server) : undefined;
}

/** What there is to say about a failure, wherever it was found. */
export type Failure = Pick<Problem, "reason" | "message" | "tryThis" | "params" | "fields" | "hosts" | "cause">;

/** The failure of a task that was waited for; undefined for any other error. */
export function taskFailure(error: unknown): Failure | undefined {
  if (!(error instanceof TaskFailed)) return undefined;
  const { error: why } = error.task;
  const reason = why?.reason ?? Reason.REASON_UNSPECIFIED;
  const tryThis = why?.tryThis ?? "";
  return {
    reason,
    message: error.message,
    tryThis,
    params: { taskId: error.task.id },
    fields: [],
    hosts: [],
    cause: error,
  };
}

/** The sentence, each field and host at fault, and what to try. */
export function describeProblem(problem: Failure, paint: Paint): string[] {
  // The sentence of an invalid request is its fields in one line; below they have a line each.
  const listed = problem.reason === Reason.INVALID_REQUEST && problem.fields.every((one) => one.field);
  const sentence = listed && problem.fields.length > 0 ? "the request cannot be carried out as it is" : problem.message;
  const lines = [`${paint.red("error:")} ${printable(sentence)}`];
  for (const field of problem.fields) {
    if (field.field) lines.push(`  ${paint.bold(printable(field.field))}: ${printable(field.message ?? "")}`);
  }
  for (const host of problem.hosts) {
    const objections = host.objections.map((o) => `${o.filter}: ${o.message}`).join("; ");
    lines.push(`  ${paint.bold(printable(host.hostname || host.nodeId))}: ${printable(objections || "fits")}`);
  }
  const tryThis = problem.tryThis;
  if (tryThis) lines.push(`${paint.cyan("try this:")} ${printable(tryThis)}`);
  if (isBareUnavailable(problem)) {
    lines.push("          Is it the right address? `--server URL`, LIMIQUANTIX_SERVER, or `lqx login --server URL`.");
  }
  return lines;
}

/** The same for programs, in the shape of the API's own ErrorDetail. */
export function problemJson(problem: Failure): JsonValue {
  const detail = create(ErrorDetailSchema, {
    reason: problem.reason,
    tryThis: problem.tryThis,
    params: { ...problem.params },
    fields: problem.fields,
    hosts: problem.hosts,
    requestId: problem.params["requestId"] ?? "",
  });
  return { error: { message: problem.message, ...(toJson(ErrorDetailSchema, detail) as Record<string, JsonValue>) } };
}

export function exitCodeOf({ reason }: Failure): ExitCode {
  if (reason === Reason.CANCELLED) return ExitCode.INTERRUPTED;
  switch (catalogueEntry(reason).code) {
    case Code.InvalidArgument:
    case Code.OutOfRange:
      return ExitCode.USAGE;
    case Code.NotFound:
      return ExitCode.NOT_FOUND;
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return ExitCode.DENIED;
    case Code.FailedPrecondition:
    case Code.AlreadyExists:
    case Code.Aborted:
    case Code.Unimplemented:
      return ExitCode.CONFLICT;
    case Code.ResourceExhausted:
      return ExitCode.EXHAUSTED;
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return ExitCode.UNAVAILABLE;
    default:
      return ExitCode.FAILED;
  }
}

/** The transport failed before anybody could say why. */
function isBareUnavailable(problem: Failure): boolean {
  return (
    problem.reason === Reason.UNAVAILABLE &&
    problem.cause instanceof ConnectError &&
    problem.cause.findDetails(ErrorDetailSchema).length === 0
  );
}
