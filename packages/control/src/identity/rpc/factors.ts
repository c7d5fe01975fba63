import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  ConfirmFactorResponseSchema,
  ListFactorsResponseSchema,
  RemoveFactorResponseSchema,
  StartPasskeyResponseSchema,
  StartTotpResponseSchema,
  type ConfirmFactorResponse,
  type ConfirmPasskeyRequest,
  type ConfirmTotpRequest,
  type ListFactorsResponse,
  type RemoveFactorRequest,
  type RemoveFactorResponse,
  type StartPasskeyRequest,
  type StartPasskeyResponse,
  type StartTotpRequest,
  type StartTotpResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { callOf } from "../../rpc/context.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";
import { storedUser, userInSession } from "./stored-user.ts";

export function listFactors({ db, factors }: IdentityServices, call: Call): ListFactorsResponse {
  const { id } = storedUser(call);
  const recoveryCodesLeft = db.get(users, id).recoveryCodeHashes.length;
  return create(ListFactorsResponseSchema, { factors: factors.list(id), recoveryCodesLeft });
}

/** Throws PERMISSION_DENIED for an API token, as all below. */
export async function startTotp(
  { factors, tokens }: IdentityServices,
  { name }: StartTotpRequest,
  call: Call,
): Promise<StartTotpResponse> {
  const { id: factorId, secret, uri } = await factors.startTotp(userInSession(tokens, call), name);
  return create(StartTotpResponseSchema, { factorId, secret, uri });
}

/** Throws NOT_FOUND, INVALID_REQUEST for a wrong code. */
export async function confirmTotp(
  { factors, tokens }: IdentityServices,
  { factorId, code }: ConfirmTotpRequest,
  call: Call,
): Promise<ConfirmFactorResponse> {
  const { id } = userInSession(tokens, call);
  return create(ConfirmFactorResponseSchema, await factors.confirmTotp(id, factorId, code));
}

export async function startPasskey(
  { accounts, factors, tokens, siteOf }: IdentityServices,
  { name: called }: StartPasskeyRequest,
  context: HandlerContext,
): Promise<StartPasskeyResponse> {
  const call = callOf(context);
  const { id, name } = userInSession(tokens, call);
  const fullName = accounts.find(id)?.fullName ?? "";
  const site = siteOf(context.requestHeader, call.peer);
  const { id: factorId, optionsJson } = await factors.startPasskey({ id, name, fullName }, called, site);
  return create(StartPasskeyResponseSchema, { factorId, optionsJson });
}

/** Throws NOT_FOUND, INVALID_REQUEST for an answer that is not good. */
export async function confirmPasskey(
  { factors, tokens, siteOf }: IdentityServices,
  { factorId, responseJson: json }: ConfirmPasskeyRequest,
  context: HandlerContext,
): Promise<ConfirmFactorResponse> {
  const call = callOf(context);
  const { id } = userInSession(tokens, call);
  const site = siteOf(context.requestHeader, call.peer);
  return create(ConfirmFactorResponseSchema, await factors.confirmPasskey(id, factorId, { json, site }));
}

/** Throws LOGIN_FAILED, RATE_LIMITED, NOT_FOUND. Who has no password here, but at a provider, is not asked for one. */
export async function removeFactor(
  { db, accounts, factors, tokens }: IdentityServices,
  { id, password }: RemoveFactorRequest,
  call: Call,
): Promise<RemoveFactorResponse> {
  const { id: userId } = userInSession(tokens, call);
  const { address } = call.peer;
  if (db.get(users, userId).passwordHash) (await accounts.confirmPassword(userId, password, address)).attempt.forgive();
  await db.transact((tx) => factors.remove(tx, userId, id));
  return create(RemoveFactorResponseSchema);
}
