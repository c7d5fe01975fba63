import { Code, ConnectError, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import { ErrorDetailSchema, isProblem, Reason, requestIdKey, toConnectError } from "@limiquantix/api";
import { callerKey, peerKey } from "@limiquantix/control";
import type { RateLimits } from "./rate-limit.ts";

/** Refuses a call that comes too often before its body is read. */
export function rateGate(limits: RateLimits): (context: HandlerContext) => void {
  return ({ service, method, requestHeader, values }) => {
    try {
      const name = `${service.typeName}/${method.name}`;
      limits.admit({ method: name, headers: requestHeader, peer: values.get(peerKey) });
    } catch (cause) {
      throw answerOf(cause, "");
    }
  };
}

/** Goes around authentication: a wrong proof of identity counts as a stranger's call. */
export function strangersInterceptor(limits: RateLimits): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (cause) {
      if (cause instanceof ConnectError && cause.code === Code.Unauthenticated && proves(request.header)) {
        charge(() => limits.stranger(request.contextValues.get(peerKey).address));
      }
      throw withRetryAfter(cause);
    }
    function charge(take: () => void): void {
      try {
        take();
      } catch (cause) {
        throw answerOf(cause, request.contextValues.get(requestIdKey));
      }
    }
  };
}

/** Goes after authentication: how often this caller may call. */
export function callerInterceptor(limits: RateLimits): Interceptor {
  return (next) => (request) => {
    const caller = request.contextValues.get(callerKey);
    if (caller) limits.caller(caller);
    return next(request);
  };
}

/** Without one the call was charged before it was read. */
function proves(headers: Headers): boolean {
  return headers.has("authorization") || headers.has("cookie");
}

function answerOf(cause: unknown, requestId: string): unknown {
  return isProblem(cause) ? withRetryAfter(toConnectError(cause, requestId)) : cause;
}

function withRetryAfter(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  const detail = error.findDetails(ErrorDetailSchema)[0];
  const seconds = detail?.reason === Reason.RATE_LIMITED && detail.params["seconds"];
  if (seconds) error.metadata.set("retry-after", seconds);
  return error;
}
