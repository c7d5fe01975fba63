import type { Message } from "@bufbuild/protobuf";
import type { Interceptor, StreamRequest } from "@connectrpc/connect";
import {
  accessOf,
  errorInterceptor,
  publicServices,
  requestIdInterceptor,
  validationInterceptor,
  type MethodAccess,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { authorise, type Caller } from "../access/authorise.ts";
import type { Inventory } from "../access/inventory.ts";
import { auditKey } from "../audit/entry.ts";
import type { Database } from "../store/database.ts";
import { callerKey, peerKey, type Peer } from "./context.ts";
import { guardStream } from "./guard-stream.ts";
import { isRepeat, methodName } from "./idempotency-table.ts";

/** Finds out who calls. */
export interface Authenticator {
  /** `method` is limiquantix.compute.v1.VMService/CreateVM. Throws UNAUTHENTICATED, PERMISSION_DENIED and their like. */
  authenticate(request: { method: string; headers: Headers; peer: Peer }): Caller;
  /** Throws once the caller's session, token, certificate or account is no longer good. */
  recheck(caller: Caller): void;
  /** Called after each change that may make a recheck throw. */
  onChange(listener: () => void): Disposable;
}

export interface InterceptorParts {
  log: Log;
  authenticator: Authenticator;
  inventory: Inventory;
  db: Database;
  clock: Clock;
  /** Hears of each call and how it ended. */
  audit: { interceptor: Interceptor };
}

/** What each call goes through: request id → errors → audit → authentication → authorisation → validation → handler. */
export function serverInterceptors(parts: InterceptorParts): Interceptor[] {
  const errors = errorInterceptor({ log: parts.log });
  return [requestIdInterceptor, errors, parts.audit.interceptor, accessInterceptor(parts), validationInterceptor];
}

const rules: ReadonlyMap<string, MethodAccess> = new Map(
  publicServices.flatMap(({ typeName, methods }) =>
    methods.flatMap((method) => {
      const access = accessOf(method);
      return access ? [[`${typeName}/${method.name}`, access] as const] : [];
    }),
  ),
);

/** Methods beside the public API: health is for everybody, reflection for whoever is signed in. */
function ruleOf(method: string): MethodAccess {
  const kind = method.startsWith("grpc.health.v1.Health/") ? "anyone" : "signedIn";
  return rules.get(method) ?? { caller: { kind }, reads: true };
}

function accessInterceptor(parts: InterceptorParts): Interceptor {
  const { authenticator, inventory } = parts;
  return (next) => async (request) => {
    const method = `${request.service.typeName}/${request.method.name}`;
    const rule = ruleOf(method);
    const peer = request.contextValues.get(peerKey);
    const caller = authenticator.authenticate({ method, headers: request.header, peer });
    request.contextValues.set(callerKey, caller);
    if (!request.stream) {
      const { principal } = caller;
      const called = methodName(request.method);
      authorise(rule, caller, request.message, inventory, (key) => isRepeat(parts, { principal, method: called, key }));
      return next(request);
    }
    const { first, messages } = await openStream(request);
    const entry = request.contextValues.get(auditKey);
    if (entry) entry.request = first;
    authorise(rule, caller, first, inventory);
    const check = () => {
      authenticator.recheck(caller);
      authorise(rule, caller, first, inventory);
    };
    const guard = { check, caller, authenticator };
    // What a client sends for long, an upload, is for as long as it may.
    const sends = request.method.methodKind !== "server_streaming";
    const response = await next({ ...request, message: sends ? guardStream(messages, guard) : messages });
    return response.stream ? { ...response, message: guardStream(response.message, guard) } : response;
  };
}

/** The first message says what a stream is about: it is read before the handler runs, and given to it all the same. */
async function openStream(request: StreamRequest): Promise<{ first: object; messages: AsyncIterable<Message> }> {
  const messages = request.message[Symbol.asyncIterator]();
  const begin = await messages.next();
  async function* all() {
    if (begin.done) return;
    yield begin.value;
    yield* { [Symbol.asyncIterator]: () => messages };
  }
  return { first: begin.done ? {} : begin.value, messages: all() };
}
