import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Log } from "@limiquantix/kit";
import { fromConnectError, toConnectError } from "../errors/connect.ts";
import { problem, Problem } from "../errors/problem.ts";
import { ErrorDetailSchema, Reason } from "../gen/limiquantix/ops/v1/error_pb.js";
import { isCallersFault } from "./protocol-faults.ts";
import { requestIdKey } from "./request-id.ts";

/**
 * Turns what a handler throws into what the caller may see: a Problem into its entry of the catalogue, anything else
 * into INTERNAL with the request's id. The cause of an internal error goes to the log and nowhere else.
 */
export function errorInterceptor({ log }: { log: Log }): Interceptor {
  return (next) => async (request) => {
    const requestId = request.contextValues.get(requestIdKey);
    const method = `${request.service.typeName}/${request.method.name}`;
    const translate = (cause: unknown) => visible(cause, { requestId, method, log, signal: request.signal });
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: translating(response.message, request.signal, translate) };
    } catch (cause) {
      throw translate(cause);
    }
  };
}

async function* translating<T>(
  messages: AsyncIterable<T>,
  signal: AbortSignal,
  translate: (cause: unknown) => ConnectError,
) {
  try {
    yield* messages;
    // A stream that was cut short, as when the server stops, must not look as if it had come to its end.
    signal.throwIfAborted();
  } catch (cause) {
    throw translate(cause);
  }
}

function visible(
  cause: unknown,
  call: { requestId: string; method: string; log: Log; signal: AbortSignal },
): ConnectError {
  if (cause instanceof Problem) {
    if (cause.reason === Reason.INTERNAL) call.log.error("internal error", { ...traces(call), err: cause });
    return toConnectError(cause, call.requestId);
  }
  // What a host answered, handed on as it came: it has its reason already.
  if (cause instanceof ConnectError && cause.findDetails(ErrorDetailSchema).length > 0) {
    return toConnectError(fromConnectError(cause), call.requestId);
  }
  // A caller that went away, or whose deadline passed: not a fault of ours, and nobody reads the answer.
  if (call.signal.aborted) return ConnectError.from(call.signal.reason ?? cause, Code.Canceled);
  // What the protocol layer itself found wrong with a request: sizes, encodings, a missing message.
  if (cause instanceof ConnectError && (protocolCodes.has(cause.code) || isCallersFault(cause.rawMessage))) {
    return cause.code === Code.InvalidArgument || cause.code === Code.Internal
      ? toConnectError(problem(Reason.INVALID_REQUEST, { message: cause.rawMessage }, { cause }), call.requestId)
      : cause;
  }
  call.log.error("internal error", { ...traces(call), err: cause });
  return toConnectError(problem(Reason.INTERNAL, { requestId: call.requestId }), call.requestId);
}

const protocolCodes = new Set([
  Code.InvalidArgument,
  Code.ResourceExhausted,
  Code.Unimplemented,
  Code.DeadlineExceeded,
  Code.Canceled,
]);

function traces(call: { requestId: string; method: string }) {
  return { requestId: call.requestId, method: call.method };
}
