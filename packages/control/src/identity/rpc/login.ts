import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  ListLoginMethodsResponseSchema,
  LoginResponseSchema,
  problem,
  Reason,
  StartOidcLoginResponseSchema,
  StartPasskeyLoginResponseSchema,
  type FinishLoginRequest,
  type ListLoginMethodsResponse,
  type LoginRequest,
  type LoginResponse,
  type StartOidcLoginRequest,
  type StartOidcLoginResponse,
  type StartPasskeyLoginResponse,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { peerKey } from "../../rpc/context.ts";
import type { LoginFrom, LoginOutcome } from "../logins.ts";
import { isCrossSite, sessionCookie } from "../session-cookie.ts";
import type { IdentityServices } from "../services.ts";

export function listLoginMethods(parts: IdentityServices, context: HandlerContext): ListLoginMethodsResponse {
  const open = parts.dev && context.values.get(peerKey).loopback;
  return create(ListLoginMethodsResponseSchema, { providers: parts.providers?.list() ?? [], passkeys: true, open });
}

/** Throws LOGIN_FAILED, RATE_LIMITED, PROVIDER_FAILED. */
export async function login(
  parts: IdentityServices,
  request: LoginRequest,
  context: HandlerContext,
): Promise<LoginResponse> {
  const { username: name, password, provider } = request;
  const from = fromOf(parts, request, context);
  return answer(parts, request, context, await parts.logins.withPassword({ name, password, provider }, from));
}

/** Throws LOGIN_EXPIRED, LOGIN_FAILED, RATE_LIMITED. */
export async function finishLogin(
  parts: IdentityServices,
  request: FinishLoginRequest,
  context: HandlerContext,
): Promise<LoginResponse> {
  return answer(parts, request, context, await parts.logins.finish(request, fromOf(parts, request, context)));
}

export async function startPasskeyLogin(
  { logins, siteOf }: IdentityServices,
  context: HandlerContext,
): Promise<StartPasskeyLoginResponse> {
  const site = siteOf(context.requestHeader, context.values.get(peerKey));
  return create(StartPasskeyLoginResponseSchema, await logins.startPasskey(site));
}

/** Throws NOT_FOUND, INVALID_REQUEST, PROVIDER_FAILED. */
export async function startOidcLogin(
  { providers, siteOf }: IdentityServices,
  { provider, returnTo }: StartOidcLoginRequest,
  context: HandlerContext,
): Promise<StartOidcLoginResponse> {
  if (!providers) throw problem(Reason.NOT_FOUND, { kind: "identity provider", id: provider });
  const { origin } = siteOf(context.requestHeader, context.values.get(peerKey));
  return create(StartOidcLoginResponseSchema, await providers.startOidc({ provider, returnTo, origin }));
}

function fromOf(
  { siteOf }: IdentityServices,
  { cookie, csrPem }: { cookie: boolean; csrPem: string },
  { requestHeader: headers, values }: HandlerContext,
): LoginFrom {
  // Another site could log its visitors in as somebody of its own choice, and read what they then enter.
  if (cookie && isCrossSite(headers)) {
    throw problem(Reason.UNAUTHENTICATED, { why: "a page of another site cannot log anybody in here" });
  }
  const peer = values.get(peerKey);
  const client = headers.get("user-agent") ?? "";
  return { address: peer.address, client, csrPem, site: siteOf(headers, peer) };
}

function answer(
  { clock }: { clock: Clock },
  { cookie }: { cookie: boolean },
  context: HandlerContext,
  outcome: LoginOutcome,
): LoginResponse {
  if (outcome.kind === "question") return create(LoginResponseSchema, { secondFactor: outcome.question });
  const { secret, token, user, certificatePem, endsAt } = outcome;
  if (cookie) {
    const tls = context.values.get(peerKey).tls ?? false;
    const maxAgeSeconds = (endsAt - clock.now()) / 1000;
    context.responseHeader.append("set-cookie", sessionCookie(secret, { tls, maxAgeSeconds }));
  }
  const { expiresAt } = token;
  return create(LoginResponseSchema, {
    token: cookie ? "" : secret,
    user,
    certificatePem,
    ...(expiresAt && { expiresAt }),
  });
}
