import { create } from "@bufbuild/protobuf";
import {
  DecommissionNodeResponseSchema,
  DrainNodeResponseSchema,
  DrainVerdict_Action,
  DrainVerdictSchema,
  Node_Phase,
  NodeSchema,
  problem,
  Reason,
  VirtualMachine_Origin,
  VmDesired_Power,
  VmStatus_PowerState,
  type DecommissionNodeRequest,
  type DecommissionNodeResponse,
  type DisableNodeRequest,
  type DrainNodeRequest,
  type DrainNodeResponse,
  type DrainVerdict,
  type EnableNodeRequest,
  type Node,
  type VirtualMachine,
} from "@limiquantix/api";
import { dropGrantsOn } from "../../access/drop-grants.ts";
import { recordEvent } from "../../events/event.ts";
import { dropHostPools } from "../../pools/drop-host-pools.ts";
import { dropHostNetworks } from "../../networks/report.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { networks, nodes, vms } from "../../tables.ts";
import { endTask, openTask, openTasksOf } from "../../tasks/task.ts";
import { orderVm } from "../../vms/order.ts";
import { changeVm, deleteVmRow } from "../../vms/reservation.ts";
import { dropTombstonesOf } from "../../vms/tombstone.ts";
import { desiredOf, statusOf } from "../../vms/vm.ts";
import { isUp } from "../drain.ts";
import { hasCondition } from "../../hosts/conditions.ts";
import { changeNode, nodeRef, phaseName, phaseOf, setConditions } from "../node.ts";
import type { NodeServiceParts } from "../node-service-parts.ts";

const defaultGraceSeconds = 120;

/** Leaves maintenance; a drain that goes on is called off. */
export function enableNode(parts: NodeServiceParts, request: EnableNodeRequest, call: Call): Promise<Node> {
  const { clock } = parts;
  return mutate(parts, call, { method: "NodeService.EnableNode", request, response: NodeSchema }, (tx) => {
    const before = tx.get(nodes, request.id);
    if (!hasCondition(before, "Maintenance") && !hasCondition(before, "Draining")) return before;
    for (const task of openTasksOf(tx, before.id)) {
      if (task.kind !== "node.drain") continue;
      endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.SUPERSEDED, { by: "node.enable" }) });
    }
    return setMaintenance(tx, parts, before, { maintenance: false, draining: false, call });
  });
}

/** Enters maintenance: no new VM comes here, those here go on. */
export function disableNode(parts: NodeServiceParts, request: DisableNodeRequest, call: Call): Promise<Node> {
  return mutate(parts, call, { method: "NodeService.DisableNode", request, response: NodeSchema }, (tx) => {
    const before = tx.get(nodes, request.id);
    if (hasCondition(before, "Maintenance")) return before;
    return setMaintenance(tx, parts, before, { maintenance: true, draining: false, call });
  });
}

/**
 * Enters maintenance and empties the host. Throws NODE_DRAIN_BLOCKED where a VM runs and may not be shut down, and
 * NODE_WRONG_STATE for a host that cannot be told to: DisableNode keeps new VMs away from it.
 */
export function drainNode(parts: NodeServiceParts, request: DrainNodeRequest, call: Call): Promise<DrainNodeResponse> {
  const { clock } = parts;
  return mutate(parts, call, { method: "NodeService.DrainNode", request, response: DrainNodeResponseSchema }, (tx) => {
    const before = tx.get(nodes, request.id);
    if (![Node_Phase.READY, Node_Phase.MAINTENANCE, Node_Phase.DRAINING].includes(phaseOf(before))) {
      const params = { node: before.hostname, state: phaseName(before), action: "drain" };
      throw problem(Reason.NODE_WRONG_STATE, { ...params, allowed: "READY, MAINTENANCE or DRAINING" });
    }
    const here = tx.by(vms, "node", before.id);
    const verdicts = here.map((vm) => verdictOn(vm, request.force));
    const blocked = verdicts.filter(({ action }) => action === DrainVerdict_Action.BLOCKED).length;
    if (request.dryRun) return create(DrainNodeResponseSchema, { node: before, verdicts });
    if (blocked > 0) throw problem(Reason.NODE_DRAIN_BLOCKED, { node: before.hostname, count: String(blocked) });
    for (const task of openTasksOf(tx, before.id)) {
      if (task.kind !== "node.drain") continue;
      endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.SUPERSEDED, { by: "node.drain" }) });
    }
    const stopping = here.filter((_, i) => verdicts[i]?.action === DrainVerdict_Action.SHUT_DOWN);
    for (const vm of stopping) shutDown(tx, parts, vm, request.gracePeriodSec || defaultGraceSeconds, call);
    const node = setMaintenance(tx, parts, before, { maintenance: true, draining: stopping.length > 0, call });
    const task = openTask(tx, { clock, call, kind: "node.drain", target: nodeRef(node), generation: node.generation });
    if (stopping.length === 0) endTask(tx, clock, task.id, { state: "SUCCEEDED" });
    return create(DrainNodeResponseSchema, { node, verdicts, task });
  });
}

function verdictOn(vm: VirtualMachine, force: boolean): DrainVerdict {
  const { NOTHING, SHUT_DOWN, BLOCKED } = DrainVerdict_Action;
  const [action, reason] = !isUp(vm)
    ? [NOTHING, "it is off and stays here"]
    : !vm.isManaged
      ? [BLOCKED, "it runs and is not under management: adopt it or stop it on the host"]
      : force
        ? [SHUT_DOWN, "its disks are on this host, so it is shut down"]
        : [BLOCKED, "it runs and its disks are on this host; with force it is shut down"];
  return create(DrainVerdictSchema, { vmId: vm.id, vmName: vm.name, action, reason });
}

function shutDown(
  tx: Transaction,
  { clock }: NodeServiceParts,
  vm: VirtualMachine,
  graceSeconds: number,
  call: Call,
): void {
  orderVm(tx, vm.id, {
    clock,
    call,
    kind: "vm.stop",
    change: (copy) =>
      void Object.assign(desiredOf(copy), {
        power: VmDesired_Power.OFF,
        force: true,
        stopTimeoutSeconds: graceSeconds,
      }),
  });
}

function setMaintenance(
  tx: Transaction,
  { clock }: NodeServiceParts,
  before: Node,
  wanted: { maintenance: boolean; draining: boolean; call: Call },
): Node {
  const { maintenance, draining, call } = wanted;
  const node = changeNode(tx, clock, before.id, (copy) =>
    setConditions(copy, clock.now(), { Maintenance: { status: maintenance }, Draining: { status: draining } }),
  );
  const message = `host ${node.hostname} ${maintenance ? (draining ? "is being drained" : "entered maintenance") : "left maintenance"}`;
  recordEvent(tx, { clock, call, type: "lifecycle", message, subject: nodeRef(node), nodeId: node.id });
  return node;
}

/** Forgets a host. Throws NODE_HAS_VMS while VMs remain, unless forced: then they are LOST. */
export function decommissionNode(
  parts: NodeServiceParts,
  request: DecommissionNodeRequest,
  call: Call,
): Promise<DecommissionNodeResponse> {
  const { db, clock, trust, vitals, divergence } = parts;
  const mutation = { method: "NodeService.DecommissionNode", request, response: DecommissionNodeResponseSchema };
  const networkIds = [...db.all(networks)].map(({ id }) => id);
  return mutate(parts, call, mutation, (tx) => {
    const node = tx.get(nodes, request.id);
    const here = tx.by(vms, "node", node.id);
    const managed = here.filter((vm) => vm.origin !== VirtualMachine_Origin.HOST_DISCOVERED);
    if (managed.length > 0 && !request.force) {
      throw problem(Reason.NODE_HAS_VMS, { node: node.hostname, count: String(managed.length) });
    }
    const why = `host ${node.hostname} was decommissioned`;
    for (const vm of here) {
      if (vm.origin === VirtualMachine_Origin.HOST_DISCOVERED) deleteVmRow(tx, vm);
      else {
        changeVm(tx, clock, vm.id, (copy) => {
          const status = statusOf(copy);
          status.state = VmStatus_PowerState.LOST;
          status.lostReason = why;
        });
      }
    }
    dropTombstonesOf(tx, clock, node.id);
    dropHostPools(tx, clock, node, request.force);
    dropHostNetworks(tx, { clock, nodeId: node.id, networkIds });
    trust.revokeNodeCredential(tx, node.id);
    dropGrantsOn(tx, "node", node.id);
    tx.delete(nodes, node.id);
    if (!request.dryRun) {
      vitals.forget(node.id);
      divergence.forget(node.id);
    }
    recordEvent(tx, { clock, call, type: "lifecycle", severity: "WARNING", message: why, subject: nodeRef(node) });
    return create(DecommissionNodeResponseSchema);
  });
}
