import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  VirtualMachine_Origin,
  VirtualMachineSchema,
  VmDesired_Power,
  VmStatus_PowerState,
  type VirtualMachine,
  type VmSpec,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import { nameOf } from "../tasks/task.ts";
import type { TreePlace } from "./place-in-tree.ts";

/** The row of a VM that its host is still to make. */
export function vmRow(options: {
  id: string;
  name: string;
  place: TreePlace;
  labels: Record<string, string>;
  description: string;
  /** Filled in and checked. */
  spec: VmSpec;
  start: boolean;
  nodeId: string;
  clonedFrom?: string;
  clock: Clock;
  call: Call;
}): VirtualMachine {
  const { id, name, place, labels, description, spec, nodeId, clonedFrom = "" } = options;
  const now = timestampFromMs(options.clock.now());
  return create(VirtualMachineSchema, {
    id,
    name,
    ...place,
    labels,
    description,
    spec,
    desired: { power: options.start ? VmDesired_Power.ON : VmDesired_Power.OFF },
    status: { state: VmStatus_PowerState.PROVISIONING, nodeId },
    createdAt: now,
    updatedAt: now,
    createdBy: nameOf(options.call),
    origin: VirtualMachine_Origin.CONTROL_PLANE,
    isManaged: true,
    generation: 1n,
    clonedFrom,
  });
}
