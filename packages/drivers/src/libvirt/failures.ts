import { isProblem, problem, Reason } from "@limiquantix/api";
import { ErrorCode, findLibvirtError, LibvirtDisconnectedError } from "@limiquantix/libvirt";

/** Codes by which libvirt says that it cannot do a thing at all, or not to a running domain. */
const CANNOT: ReadonlySet<number> = new Set([
  ErrorCode.NO_SUPPORT,
  ErrorCode.CONFIG_UNSUPPORTED,
  ErrorCode.ARGUMENT_UNSUPPORTED,
  ErrorCode.OPERATION_UNSUPPORTED,
]);
/** virtlockd's lease, and QEMU's own lock on a disk. */
const LOCKED = /Lockspace resource .* is locked|Failed to get ".*" lock/;

/** The typed error of a call to libvirt about a VM; `action` as in "refused to start VM". */
export function libvirtFailure(error: unknown, vmId: string, action: string): unknown {
  if (isProblem(error)) return error;
  const disconnected = findDisconnected(error);
  if (disconnected)
    return problem(Reason.UNAVAILABLE, { what: "libvirt", why: disconnected.message }, { cause: error });
  const refusal = findLibvirtError(error);
  if (!refusal) return error;
  if (refusal.code === ErrorCode.NO_DOMAIN)
    return problem(Reason.NOT_FOUND, { kind: "VM", id: vmId }, { cause: error });
  if (LOCKED.test(refusal.message)) return problem(Reason.VM_LOCKED_ELSEWHERE, { vm: vmId }, { cause: error });
  return problem(Reason.HYPERVISOR_REFUSED, { action, vm: vmId, cause: refusal.message }, { cause: error });
}

/** As `libvirtFailure`, for a change of a running domain: what libvirt cannot do takes a restart. */
export function liveFailure(error: unknown, vmId: string, what: string): unknown {
  const refusal = findLibvirtError(error);
  if (refusal && (CANNOT.has(refusal.code) || /No more available PCI slots/.test(refusal.message)))
    return problem(Reason.NEEDS_RESTART, { vm: vmId, what }, { cause: error });
  return libvirtFailure(error, vmId, `change ${what} of`);
}

function findDisconnected(error: unknown): LibvirtDisconnectedError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 16; e = e.cause, depth++)
    if (e instanceof LibvirtDisconnectedError) return e;
  return undefined;
}
