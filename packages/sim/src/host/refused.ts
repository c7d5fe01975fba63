import { problem, Reason } from "@limiquantix/api";

/** The hypervisor's own refusal, in its words. */
export function refused(action: string, vm: string, cause: string) {
  return problem(Reason.HYPERVISOR_REFUSED, { action, vm, cause });
}
