import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IdentityProviderSchema, invalid, type IdentityProvider, type UpdateProviderRequest } from "@limiquantix/api";
import { applyMask } from "../../field-mask.ts";
import { providers } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { mappedTo, requireProviderWithin } from "../bounds.ts";
import type { ProviderParts } from "../parts.ts";
import { sealSecret, shownProvider, takeSecret } from "../provider.ts";
import { validateProvider } from "../validate.ts";

/**
 * Paths of the mask are the provider's own: disabled, ldap, ldap.urls.
 * Throws NOT_FOUND, INVALID_REQUEST, REVISION_CONFLICT, NAME_TAKEN, PRIVILEGE_MISSING.
 */
export function updateProvider(
  parts: ProviderParts,
  request: UpdateProviderRequest,
  call: Call,
): Promise<IdentityProvider> {
  const { id, revision } = request;
  const paths = request.updateMask?.paths ?? [];
  if (paths.length === 0) {
    throw invalid([{ field: "updateMask", message: "must name what to change: disabled, group_mappings, ldap.urls" }]);
  }
  const mutation = { method: "IdentityProviderService.UpdateProvider", request, response: IdentityProviderSchema };
  return mutate(parts, call, mutation, (tx) => {
    const row = tx.get(providers, id);
    checkRevision("identity provider", row, revision);
    const current = row.provider ?? create(IdentityProviderSchema);
    const asked = request.provider ?? create(IdentityProviderSchema);
    const provider = applyMask(
      IdentityProviderSchema,
      { root: "provider", current, asked },
      paths.map((path) => `provider.${path}`),
    );
    const secret = takeSecret(provider);
    const keptSecret = row.sealedSecret.length > 0 && provider.kind.case === current.kind.case;
    validateProvider(tx, provider, secret !== "" || keptSecret);
    if (keptSecret && !secret) refuseSecretElsewhere(current, provider);
    if (!isHarmless(current, provider)) {
      const groupIds = [...mappedTo(current), ...mappedTo(provider)];
      requireProviderWithin(parts, call, tx, { providerId: id, groupIds });
    }
    const written = tx.update(providers, id, (copy) => {
      const { createdAt } = current;
      const updatedAt = timestampFromMs(parts.clock.now());
      copy.provider = Object.assign(provider, { id, createdAt, updatedAt, revision: 0n });
      if (secret) copy.sealedSecret = sealSecret(parts.sealer, id, secret);
      else if (!keptSecret) copy.sealedSecret = new Uint8Array();
    });
    return shownProvider(written);
  });
}

/** The kept secret goes where it was meant to go: whoever changes the address cannot have it sent to themselves. */
function refuseSecretElsewhere(before: IdentityProvider, after: IdentityProvider): void {
  const destination = ({ kind }: IdentityProvider): unknown => {
    if (kind.case === "oidc") return [kind.value.issuer, kind.value.clientId, kind.value.caPem];
    if (kind.case === "ldap") return [kind.value.urls, kind.value.startTls, kind.value.caPem, kind.value.bindDn];
    return undefined;
  };
  if (JSON.stringify(destination(before)) === JSON.stringify(destination(after))) return;
  const field = after.kind.case === "oidc" ? "provider.oidc.clientSecret" : "provider.ldap.bindPassword";
  throw invalid([{ field, message: "must be sent again when it will go to another address, authority or account" }]);
}

/** Only what it is called and whether it is in use changed: who it vouches for stays the same. */
function isHarmless(before: IdentityProvider, after: IdentityProvider): boolean {
  const plain = clone(IdentityProviderSchema, after);
  const { id, name, displayName, disabled, createdAt, updatedAt, revision } = before;
  Object.assign(plain, { id, name, displayName, disabled, createdAt, updatedAt, revision });
  return equals(IdentityProviderSchema, before, plain);
}
