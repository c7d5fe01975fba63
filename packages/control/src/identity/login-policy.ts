import { clone, create } from "@bufbuild/protobuf";
import { LoginPolicySchema, type LoginPolicy } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { loginPolicies } from "./tables.ts";

/** The one row of the table. */
export const loginPolicyId = "login";

/** Until somebody sets another. */
const defaults = create(LoginPolicySchema, {
  passwordMinLength: 8,
  passwordHistory: 0,
  lockoutAfter: 5,
  lockoutMaxSeconds: 300,
  sessionIdleMinutes: 12 * 60,
  sessionMaxHours: 7 * 24,
});

/** How people log in now. Shared: not to be changed. */
export function loginPolicyOf(db: Pick<Database, "find">): LoginPolicy {
  return db.find(loginPolicies, loginPolicyId)?.policy ?? defaults;
}

export function shownLoginPolicy(db: Pick<Database, "find">): LoginPolicy {
  const row = db.find(loginPolicies, loginPolicyId);
  const policy = clone(LoginPolicySchema, row?.policy ?? defaults);
  policy.revision = row?.revision ?? 0n;
  return policy;
}
