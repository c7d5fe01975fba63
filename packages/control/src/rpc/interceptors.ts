import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import {
  accessOf,
  errorInterceptor,
  publicServices,
  requestIdInterceptor,
  validationInterceptor,
  type MethodAccess,
} from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import { authorise, type Caller } from "../access/authorise.ts";
import type { Inventory } from "../access/inventory.ts";
import { callerKey, peerKey, type Peer } from "./context.ts";
import { guardStream } from "./guard-stream.ts";

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
}

/** What each call goes through: request id → errors → authentication → authorisation → validation → handler. */
export function serverInterceptors(parts: InterceptorParts): Interceptor[] {
  return [
    requestIdInterceptor,
    errorInterceptor({ log: parts.log }),
    accessInterceptor(parts.authenticator, parts.inventory),
    validationInterceptor,
  ];
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

function accessInterceptor(authenticator: Authenticator, inventory: Inventory): Interceptor {
  return (next) => async (request) => {
    const method = `${request.service.typeName}/${request.method.name}`;
    const rule = ruleOf(method);
    const peer = request.contextValues.get(peerKey);
    const caller = authenticator.authenticate({ method, headers: request.header, peer });
    request.contextValues.set(callerKey, caller);
    if (!request.stream) {
      authorise(rule, caller, request.message, inventory);
      return next(request);
    }
    const { first, opened } = await openStream(request);
    authorise(rule, caller, first, inventory);
    const response = await next(opened);
    if (!response.stream) return response;
    const check = () => {
      authenticator.recheck(caller);
      authorise(rule, caller, first, inventory);
    };
    return { ...response, message: guardStream(response.message, { check, caller, authenticator }) };
  };
}

/** The first message says what a stream is about: it is read before the handler runs, and given to it all the same. */
async function openStream(request: StreamRequest): Promise<{ first: object; opened: StreamRequest }> {
  const messages = request.message[Symbol.asyncIterator]();
  const begin = await messages.next();
  async function* all() {
    if (begin.done) return;
    yield begin.value;
    yield* { [Symbol.asyncIterator]: () => messages };
  }
  return { first: begin.done ? {} : begin.value, opened: { ...request, message: all() } };
}

export type AnyRequest = UnaryRequest | StreamRequest;
