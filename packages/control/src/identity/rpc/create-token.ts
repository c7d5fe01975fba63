import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  CreateTokenResponseSchema,
  Token_Kind,
  type CreateTokenRequest,
  type CreateTokenResponse,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { callOf } from "../../rpc/context.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { newSecret } from "../secrets.ts";
import type { Tokens } from "../tokens.ts";
import { storedUser } from "./stored-user.ts";

const dayMs = 24 * 3600 * 1000;

/** A repeat under the same idempotency key answers the token without its secret, which is nowhere kept. */
export function createToken(
  parts: { db: Database; clock: Clock; tokens: Tokens },
  request: CreateTokenRequest,
  context: HandlerContext,
): Promise<CreateTokenResponse> {
  const user = storedUser(context);
  const secret = newSecret("lqx_");
  const mutation = {
    method: "AuthService.CreateToken",
    request,
    response: CreateTokenResponseSchema,
    forRepeats: (response: CreateTokenResponse) => void (response.secret = ""),
  };
  return mutate(parts, callOf(context), mutation, (tx) => {
    const token = parts.tokens.insert(tx, {
      userId: user.id,
      secret,
      kind: Token_Kind.API,
      name: request.name,
      lifeMs: (request.expiresInDays || 90) * dayMs,
    });
    return create(CreateTokenResponseSchema, { token, secret: request.dryRun ? "" : secret });
  });
}
