import { VmStatus_PowerState, VmStatus_StopReason } from "@limiquantix/api";
import { DomainState, PausedReason } from "@limiquantix/libvirt";

/** virDomainShutoffReason */
const SHUTOFF_REASONS: Readonly<Record<number, VmStatus_StopReason>> = {
  1: VmStatus_StopReason.GUEST_SHUTDOWN,
  2: VmStatus_StopReason.POWERED_OFF,
  3: VmStatus_StopReason.GUEST_CRASHED,
  5: VmStatus_StopReason.SAVED,
  6: VmStatus_StopReason.START_FAILED,
  // The daemon gave up on a QEMU that did not answer any more.
  8: VmStatus_StopReason.GUEST_CRASHED,
};

/** Power state and the reason of its end, from libvirt's state, its reason, and whether memory is saved. */
export function powerState(
  state: number,
  reason: number,
  hasSavedMemory: boolean,
): { power: VmStatus_PowerState; stopReason: VmStatus_StopReason } {
  const none = VmStatus_StopReason.STOP_REASON_UNKNOWN;
  switch (state) {
    case DomainState.RUNNING:
    case DomainState.BLOCKED:
    // Going down, but QEMU is still there.
    case DomainState.SHUTDOWN:
      return { power: VmStatus_PowerState.RUNNING, stopReason: none };
    case DomainState.PAUSED: {
      const stopReason = reason === PausedReason.IO_ERROR ? VmStatus_StopReason.IO_ERROR : none;
      return { power: VmStatus_PowerState.PAUSED, stopReason };
    }
    case DomainState.PMSUSPENDED:
      return { power: VmStatus_PowerState.PAUSED, stopReason: none };
    case DomainState.CRASHED:
      return { power: VmStatus_PowerState.CRASHED, stopReason: VmStatus_StopReason.GUEST_CRASHED };
    case DomainState.SHUTOFF: {
      if (hasSavedMemory) return { power: VmStatus_PowerState.SUSPENDED, stopReason: VmStatus_StopReason.SAVED };
      const stopReason = SHUTOFF_REASONS[reason] ?? none;
      const crashed = stopReason === VmStatus_StopReason.GUEST_CRASHED;
      return { power: crashed ? VmStatus_PowerState.CRASHED : VmStatus_PowerState.STOPPED, stopReason };
    }
    default:
      return { power: VmStatus_PowerState.UNKNOWN, stopReason: none };
  }
}
