import { UserSchema, type UpdateUserRequest, type User } from "@limiquantix/api";
import { refuseLastAdministrator } from "../../access/last-administrator.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";
import { requireUserWithin } from "../within.ts";
import { invalid } from "@limiquantix/api";

const longestText = 256;

/** Throws NOT_FOUND, REVISION_CONFLICT, INVALID_REQUEST, PRIVILEGE_MISSING, LAST_ADMINISTRATOR. */
export function updateUser(parts: IdentityServices, request: UpdateUserRequest, call: Call): Promise<User> {
  const fields = maskedFields(request.updateMask, ["full_name", "email", "disabled"]);
  const { fullName = "", email = "", disabled = false } = request.user ?? {};
  if (fullName.length > longestText || email.length > longestText) {
    throw invalid([{ field: "user", message: `has a text of more than ${longestText} characters` }]);
  }
  const mutation = { method: "UserService.UpdateUser", request, response: UserSchema };
  return mutate(parts, call, mutation, (tx) => {
    const before = tx.get(users, request.id);
    checkRevision("user", before, request.revision);
    const switches = fields.has("disabled") && before.user?.disabled !== disabled;
    if (switches) requireUserWithin(parts, call, request.id);
    const row = tx.update(users, request.id, ({ user }) => {
      if (!user) return;
      if (fields.has("full_name")) user.fullName = fullName;
      if (fields.has("email")) user.email = email;
      if (fields.has("disabled")) user.disabled = disabled;
    });
    const shown = parts.accounts.shown(row);
    if (switches && disabled) {
      // For good: who is enabled again logs in again. API tokens are only as good as the account, and sleep with it.
      parts.tokens.endSessions(tx, request.id);
      if (shown.administrator) refuseLastAdministrator(tx, shown.name);
    }
    return shown;
  });
}
