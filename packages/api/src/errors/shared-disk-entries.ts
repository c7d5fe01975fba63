import { Code } from "@connectrpc/connect";
import { Reason } from "../gen/limiquantix/ops/v1/error_pb.js";

/** What cannot be done to a disk that several VMs have at the same time. */
export const sharedDiskEntries = {
  [Reason.VM_HAS_SHARED_DISK]: {
    code: Code.FailedPrecondition,
    sentence:
      "{what} of VM {vm} cannot be had: its disk {disk} is volume {volume}, which other VMs may write at the same time",
    tryThis:
      "Take the shared volume from the VM first (`lqx volume detach {volume} {vm}`), or save its data from within the guests.",
  },
  [Reason.VOLUME_IS_SHARED]: {
    code: Code.FailedPrecondition,
    sentence: "volume {volume} is shared by VMs ({vms}): {what} while they have it",
    tryThis: "Take it from its VMs first (`lqx volume detach {volume} VM`).",
  },
};
