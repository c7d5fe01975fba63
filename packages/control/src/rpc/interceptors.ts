import type { Interceptor } from "@connectrpc/connect";
import { errorInterceptor, problem, Reason, requestIdInterceptor, validationInterceptor } from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import { peerKey, principalKey, type Peer } from "./context.ts";
import type { Principal } from "./call.ts";

/** Finds out who calls. */
export interface Authenticator {
  /**
   * `method` is limiquantix.compute.v1.VMService/CreateVM, `authorization` the header as sent.
   * Throws UNAUTHENTICATED, PERMISSION_DENIED.
   */
  authenticate(request: { method: string; authorization: string | null; peer: Peer }): Promise<Principal> | Principal;
}

/** What each call goes through, outermost first: request id → errors → authentication → validation → handler. */
export function serverInterceptors(parts: { log: Log; authenticator: Authenticator }): Interceptor[] {
  return [
    requestIdInterceptor,
    errorInterceptor({ log: parts.log }),
    authenticationInterceptor(parts.authenticator),
    validationInterceptor,
  ];
}

function authenticationInterceptor(authenticator: Authenticator): Interceptor {
  return (next) => async (request) => {
    const principal = await authenticator.authenticate({
      method: `${request.service.typeName}/${request.method.name}`,
      authorization: request.header.get("authorization"),
      peer: request.contextValues.get(peerKey),
    });
    if (principal.kind === "node" && !request.stream) refuseForOtherNode(principal, request.message);
    request.contextValues.set(principalKey, principal);
    return next(request);
  };
}

/** A host speaks for itself only. */
function refuseForOtherNode(principal: Principal, message: object): void {
  if ("nodeId" in message && message.nodeId !== principal.id) {
    throw problem(Reason.PERMISSION_DENIED, { who: `host ${principal.name}` });
  }
}
