import {
  VmDesired_Power,
  VMTaskResponseSchema,
  type StopVMRequest,
  type RebootVMRequest,
  type VirtualMachine,
  type VmDesired,
  type VMTaskResponse,
} from "@limiquantix/api";
import type { Message } from "@bufbuild/protobuf";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { vms } from "../../tables.ts";
import { openTasksOf } from "../../tasks/task.ts";
import { orderVm, taskResponse } from "../order.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { checkAction, desiredOf, isPending, powerOf, stateName, vmRef, type VmAction } from "../vm.ts";

const defaultStopSeconds = 120;

type PowerRequest = Message & { id: string; idempotencyKey: string; dryRun: boolean };

interface PowerAction {
  rpc: string;
  action: VmAction;
  /** The VM is, or is becoming, what is asked for. */
  isDone: (vm: VirtualMachine) => boolean;
  change: (desired: VmDesired) => void;
  cancellable?: boolean;
}

export function startVm(parts: VmServiceParts, request: PowerRequest, call: Call): Promise<VMTaskResponse> {
  return power(parts, request, call, {
    rpc: "StartVM",
    action: "start",
    isDone: (vm) => wants(vm, VmDesired_Power.ON, "RUNNING", "STARTING", "PROVISIONING"),
    change: (desired) => void Object.assign(desired, { power: VmDesired_Power.ON, force: false }),
    cancellable: true,
  });
}

export function stopVm(parts: VmServiceParts, request: StopVMRequest, call: Call): Promise<VMTaskResponse> {
  const { force } = request;
  const stopTimeoutSeconds = request.timeoutSec || (force ? 0 : defaultStopSeconds);
  return power(parts, request, call, {
    rpc: "StopVM",
    action: "stop",
    isDone: (vm) => wants(vm, VmDesired_Power.OFF, "STOPPED") || (!force && wants(vm, VmDesired_Power.OFF, "STOPPING")),
    change: (desired) => void Object.assign(desired, { power: VmDesired_Power.OFF, force, stopTimeoutSeconds }),
  });
}

export function rebootVm(parts: VmServiceParts, request: RebootVMRequest, call: Call): Promise<VMTaskResponse> {
  return power(parts, request, call, {
    rpc: "RebootVM",
    action: "reboot",
    isDone: () => false,
    change(desired) {
      desired.reboots += 1;
      desired.rebootForce = request.force;
    },
  });
}

export function pauseVm(parts: VmServiceParts, request: PowerRequest, call: Call): Promise<VMTaskResponse> {
  return power(parts, request, call, {
    rpc: "PauseVM",
    action: "pause",
    isDone: (vm) => wants(vm, VmDesired_Power.PAUSED, "PAUSED", "RUNNING"),
    change: (desired) => void (desired.power = VmDesired_Power.PAUSED),
  });
}

export function resumeVm(parts: VmServiceParts, request: PowerRequest, call: Call): Promise<VMTaskResponse> {
  return power(parts, request, call, {
    rpc: "ResumeVM",
    action: "resume",
    isDone: (vm) => wants(vm, VmDesired_Power.ON, "PAUSED", "RUNNING"),
    change: (desired) => void (desired.power = VmDesired_Power.ON),
  });
}

export function suspendVm(parts: VmServiceParts, request: PowerRequest, call: Call): Promise<VMTaskResponse> {
  return power(parts, request, call, {
    rpc: "SuspendVM",
    action: "suspend",
    isDone: (vm) => wants(vm, VmDesired_Power.SUSPENDED, "SUSPENDED", "STOPPING"),
    change: (desired) => void (desired.power = VmDesired_Power.SUSPENDED),
  });
}

function power(
  parts: VmServiceParts,
  request: PowerRequest,
  call: Call,
  { rpc, action, isDone, change, cancellable = false }: PowerAction,
): Promise<VMTaskResponse> {
  const { clock, placer } = parts;
  const kind = `vm.${action}`;
  return placer.oneByOne(() =>
    mutate(parts, call, { method: `VMService.${rpc}`, request, response: VMTaskResponseSchema }, (tx) => {
      const before = tx.get(vms, request.id);
      if (before.isManaged && !before.deletion && isDone(before)) {
        const waiting = openTasksOf(tx, before.id).find((task) => [kind, "vm.create", "vm.clone"].includes(task.kind));
        return taskResponse(before, isPending(before) ? waiting : undefined);
      }
      checkAction(before, action);
      if (action === "start") placer.checkStart(tx, before, call.access);
      const { vm, task } = orderVm(tx, before.id, {
        clock,
        call,
        kind,
        cancellable,
        change: (copy) => change(desiredOf(copy)),
      });
      const message = `${action} of VM ${vm.name} was asked for`;
      const nodeId = vm.status?.nodeId ?? "";
      recordEvent(tx, { clock, call, type: "power", message, subject: vmRef(vm), nodeId, taskId: task.id });
      return taskResponse(vm, request.dryRun ? undefined : task);
    }),
  );
}

function wants(vm: VirtualMachine, wanted: VmDesired_Power, ...states: string[]): boolean {
  return powerOf(vm) === wanted && states.includes(stateName(vm));
}
