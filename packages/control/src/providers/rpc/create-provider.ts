import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IdentityProviderSchema, type CreateProviderRequest, type IdentityProvider } from "@limiquantix/api";
import { ProviderRowSchema } from "@limiquantix/api/rows";
import { newId } from "@limiquantix/kit";
import { providers } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { mappedTo, requireProviderWithin } from "../bounds.ts";
import type { ProviderParts } from "../parts.ts";
import { sealSecret, shownProvider, takeSecret } from "../provider.ts";
import { validateProvider } from "../validate.ts";

/** Throws INVALID_REQUEST, NAME_TAKEN, PRIVILEGE_MISSING for a group that has more than the caller. */
export function createProvider(
  parts: ProviderParts,
  request: CreateProviderRequest,
  call: Call,
): Promise<IdentityProvider> {
  const mutation = { method: "IdentityProviderService.CreateProvider", request, response: IdentityProviderSchema };
  return mutate(parts, call, mutation, (tx) => {
    const provider = clone(IdentityProviderSchema, request.provider ?? create(IdentityProviderSchema));
    const secret = takeSecret(provider);
    validateProvider(tx, provider, secret !== "");
    requireProviderWithin(parts, call, tx, { groupIds: mappedTo(provider) });
    const now = timestampFromMs(parts.clock.now());
    Object.assign(provider, { id: newId(), createdAt: now, updatedAt: now, revision: 0n });
    const { id } = provider;
    const row = create(ProviderRowSchema, { id, provider, sealedSecret: sealSecret(parts.sealer, id, secret) });
    tx.insert(providers, row);
    return shownProvider(row);
  });
}
