import { isProblem, Problem, type Reason } from "@limiquantix/api";
import { errnoOf } from "../files/errno.ts";

/** An error on its way between processes. */
export interface SentError {
  message: string;
  code: string | undefined;
  problem: { reason: Reason; params: Record<string, string>; fields: { field: string; message: string }[] } | undefined;
}

export function sendError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  if (!isProblem(error)) return { message, code: errnoOf(error), problem: undefined };
  const fields = error.fields.map(({ field = "", message = "" }) => ({ field, message }));
  return { message, code: undefined, problem: { reason: error.reason, params: { ...error.params }, fields } };
}

/** The error as it was, a problem with its reason; what caused it stays where it happened. */
export function receiveError({ message, code, problem }: SentError): Error {
  if (problem) return new Problem(problem.reason, problem.params, { fields: problem.fields });
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
