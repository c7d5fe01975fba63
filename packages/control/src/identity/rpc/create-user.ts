import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CreateUserResponseSchema,
  invalid,
  User_Kind,
  UserSchema,
  type CreateUserRequest,
  type CreateUserResponse,
} from "@limiquantix/api";
import { UserRowSchema } from "@limiquantix/api/rows";
import { newId } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { loginPolicyOf } from "../login-policy.ts";
import { requireStrength, setPassword } from "../passwords.ts";
import { newPassword } from "../secrets.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";

/** A new user holds nothing before somebody grants it. Throws NAME_TAKEN, PASSWORD_TOO_WEAK, INVALID_REQUEST. */
export async function createUser(
  parts: IdentityServices,
  request: CreateUserRequest,
  call: Call,
): Promise<CreateUserResponse> {
  const { db, clock, hasher, accounts } = parts;
  const { name, fullName, email, kind } = request;
  if (User_Kind[kind] === undefined) throw invalid([{ field: "kind", message: "is neither PERSON nor SERVICE" }]);
  if (kind === User_Kind.SERVICE && request.password) {
    throw invalid([{ field: "password", message: "a service account has API tokens and no password" }]);
  }
  const policy = loginPolicyOf(db);
  if (request.password) requireStrength(request.password, policy, name);
  const made = kind === User_Kind.PERSON && !request.password ? newPassword() : "";
  const password = request.password || made;
  const hash = password && !request.dryRun ? await hasher.hash(password) : "";
  const id = newId();
  const mutation = {
    method: "UserService.CreateUser",
    request,
    response: CreateUserResponseSchema,
    forRepeats: (response: CreateUserResponse) => void (response.password = ""),
  };
  return mutate(parts, call, mutation, (tx) => {
    const user = create(UserSchema, { id, name, fullName, email, kind, createdAt: timestampFromMs(clock.now()) });
    const row = create(UserRowSchema, { id, user });
    if (password) setPassword(row, hash, policy, "another");
    tx.insert(users, row);
    return create(CreateUserResponseSchema, { user: accounts.shown(row), password: request.dryRun ? "" : made });
  });
}
