import { clone, create } from "@bufbuild/protobuf";
import { LoginPolicySchema, type LoginPolicy, type UpdateLoginPolicyRequest } from "@limiquantix/api";
import { LoginPolicyRowSchema } from "@limiquantix/api/rows";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { loginPolicyId } from "../login-policy.ts";
import type { IdentityServices } from "../services.ts";
import { loginPolicies } from "../tables.ts";

/** In force at once; sessions that are open keep their longest life. Throws REVISION_CONFLICT. */
export async function updateLoginPolicy(
  parts: IdentityServices,
  request: UpdateLoginPolicyRequest,
  call: Call,
): Promise<LoginPolicy> {
  const policy = clone(LoginPolicySchema, request.policy ?? create(LoginPolicySchema));
  policy.revision = 0n;
  const mutation = { method: "UserService.UpdateLoginPolicy", request, response: LoginPolicySchema };
  const answer = await mutate(parts, call, mutation, (tx) => {
    const row = tx.find(loginPolicies, loginPolicyId);
    checkRevision("login policy", row ?? { id: loginPolicyId, revision: 0n }, request.policy?.revision ?? 0n);
    if (row) tx.update(loginPolicies, loginPolicyId, (copy) => void (copy.policy = policy));
    else tx.insert(loginPolicies, create(LoginPolicyRowSchema, { id: loginPolicyId, policy }));
    return policy;
  });
  answer.revision = parts.db.find(loginPolicies, loginPolicyId)?.revision ?? 0n;
  return answer;
}
