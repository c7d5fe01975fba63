import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CreateJoinTokenResponseSchema,
  type CreateJoinTokenRequest,
  type CreateJoinTokenResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { NodeServiceParts } from "../node-service-parts.ts";

const defaultMinutes = 60;

/** A repeat under the same idempotency key answers without the token, of which only a hash is kept. */
export async function createJoinToken(
  parts: NodeServiceParts,
  request: CreateJoinTokenRequest,
  call: Call,
): Promise<CreateJoinTokenResponse> {
  const { trust } = parts;
  const caFingerprint = await trust.authorityFingerprint();
  const expiresInMs = (request.expiresInMinutes || defaultMinutes) * 60_000;
  const mutation = {
    method: "NodeService.CreateJoinToken",
    request,
    response: CreateJoinTokenResponseSchema,
    forRepeats: (response: CreateJoinTokenResponse) => void (response.token = ""),
  };
  return mutate(parts, call, mutation, (tx) => {
    const made = trust.createJoinToken(tx, { expiresInMs, createdBy: call.principal.name, caFingerprint });
    return create(CreateJoinTokenResponseSchema, {
      token: request.dryRun ? "" : made.token,
      expiresAt: timestampFromMs(made.expiresAt),
      caFingerprint,
      controlPlane: trust.hostUrl(),
    });
  });
}
