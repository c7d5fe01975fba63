import type { LoginPolicy } from "@limiquantix/api";
import { renderFields } from "../../output/table.ts";

export function describePolicy(policy: LoginPolicy): string[] {
  return renderFields([
    ["Passwords", `at least ${policy.passwordMinLength} characters, none of the last ${policy.passwordHistory}`],
    ["Lockout", `after ${policy.lockoutAfter} wrong ones, for ${policy.lockoutMaxSeconds} s at most`],
    [
      "Sessions",
      `end ${policy.sessionIdleMinutes} min after the last call, and ${policy.sessionMaxHours} h after login`,
    ],
    ["Second factor", policy.requireSecondFactor ? "everybody with a password must have one" : "as people like"],
    ["Revision", String(policy.revision)],
  ]);
}
