import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ListProvidersResponseSchema, type IdentityProviderService } from "@limiquantix/api";
import { providers } from "../identity/tables.ts";
import { callOf } from "../rpc/context.ts";
import type { ProviderParts } from "./parts.ts";
import { getProvider, shownProvider } from "./provider.ts";
import { createProvider } from "./rpc/create-provider.ts";
import { deleteProvider } from "./rpc/delete-provider.ts";
import { testProvider } from "./rpc/test-provider.ts";
import { updateProvider } from "./rpc/update-provider.ts";

export function identityProviderService(parts: ProviderParts) {
  const { db } = parts;
  return {
    createProvider: (request, context) => createProvider(parts, request, callOf(context)),
    getProvider: ({ id }) => shownProvider(getProvider(db, id)),
    listProviders: () => create(ListProvidersResponseSchema, { providers: [...db.all(providers)].map(shownProvider) }),
    updateProvider: (request, context) => updateProvider(parts, request, callOf(context)),
    deleteProvider: (request, context) => deleteProvider(parts, request, callOf(context)),
    testProvider: (request) => testProvider(parts, request),
  } satisfies ServiceImpl<typeof IdentityProviderService>;
}
