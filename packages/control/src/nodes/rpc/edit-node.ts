import { create } from "@bufbuild/protobuf";
import {
  invalid,
  NodeRoleSchema,
  NodeSchedulingSchema,
  NodeSchema,
  NodeSpecSchema,
  problem,
  Reason,
  Taint_Effect,
  type AddTaintRequest,
  type Node,
  type NodeSpec,
  type RemoveTaintRequest,
  type UpdateLabelsRequest,
  type UpdateNodeRequest,
} from "@limiquantix/api";
import type { Message } from "@bufbuild/protobuf";
import { recordEvent } from "../../events/event.ts";
import { applyMask } from "../../field-mask.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { nodes } from "../../tables.ts";
import { resourcesOf } from "../../vms/reservation.ts";
import { changeNode, nodeRef } from "../node.ts";
import type { NodeServiceParts } from "../node-service-parts.ts";

/** Changes scheduling and role by the mask: overcommit, reserve, schedulable, taints, roles. */
export function updateNode(parts: NodeServiceParts, request: UpdateNodeRequest, call: Call): Promise<Node> {
  const paths = request.updateMask?.paths ?? [];
  const under = (root: string) => paths.filter((path) => path === root || path.startsWith(`${root}.`));
  const [scheduling, role] = [under("scheduling"), under("role")];
  if (paths.length === 0 || scheduling.length + role.length < paths.length) {
    throw invalid([{ field: "updateMask", message: "names scheduling, role, or what is below them" }]);
  }
  return edit(parts, { rpc: "UpdateNode", request, call, what: paths.join(", ") }, (spec, node) => {
    checkRevision("node", { id: node.hostname, revision: node.revision }, request.revision);
    spec.scheduling = applyMask(
      NodeSchedulingSchema,
      {
        root: "scheduling",
        current: spec.scheduling ?? create(NodeSchedulingSchema),
        asked: request.scheduling ?? create(NodeSchedulingSchema),
      },
      scheduling,
    );
    spec.role = applyMask(
      NodeRoleSchema,
      { root: "role", current: spec.role ?? create(NodeRoleSchema), asked: request.role ?? create(NodeRoleSchema) },
      role,
    );
    checkTaints(spec);
  });
}

export function updateLabels(parts: NodeServiceParts, request: UpdateLabelsRequest, call: Call): Promise<Node> {
  return edit(parts, { rpc: "UpdateLabels", request, call, what: "labels" }, (_, node) => {
    const labels = { ...node.labels, ...request.addLabels };
    for (const key of request.removeLabels) delete labels[key];
    node.labels = labels;
  });
}

/** A taint of the same key and effect is replaced. */
export function addTaint(parts: NodeServiceParts, request: AddTaintRequest, call: Call): Promise<Node> {
  const { taint } = request;
  return edit(parts, { rpc: "AddTaint", request, call, what: `taint ${taint?.key}` }, (spec) => {
    const scheduling = (spec.scheduling ??= create(NodeSchedulingSchema, { schedulable: true }));
    if (!taint) return;
    scheduling.taints = scheduling.taints.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect);
    scheduling.taints.push(taint);
    checkTaints(spec);
  });
}

export function removeTaint(parts: NodeServiceParts, request: RemoveTaintRequest, call: Call): Promise<Node> {
  return edit(parts, { rpc: "RemoveTaint", request, call, what: `taint ${request.key}` }, (spec) => {
    const taints = spec.scheduling?.taints ?? [];
    if (!taints.some(({ key }) => key === request.key))
      throw problem(Reason.NOT_FOUND, { kind: "taint", id: request.key });
    if (spec.scheduling) spec.scheduling.taints = taints.filter(({ key }) => key !== request.key);
  });
}

function checkTaints(spec: NodeSpec): void {
  const faults = (spec.scheduling?.taints ?? []).flatMap(({ effect, key }) =>
    effect === Taint_Effect.UNKNOWN ? [{ field: "taint.effect", message: `taint ${key} needs an effect` }] : [],
  );
  if (faults.length > 0) throw invalid(faults);
}

function edit(
  parts: NodeServiceParts,
  mutation: { rpc: string; request: Message & { id: string }; call: Call; what: string },
  change: (spec: NodeSpec, node: Node) => void,
): Promise<Node> {
  const { clock } = parts;
  const { rpc, request, call, what } = mutation;
  return mutate(parts, call, { method: `NodeService.${rpc}`, request, response: NodeSchema }, (tx) => {
    tx.get(nodes, request.id);
    const node = changeNode(tx, clock, request.id, (copy) => {
      change((copy.spec ??= create(NodeSpecSchema)), copy);
      resourcesOf(copy);
    });
    const message = `host ${node.hostname} was changed: ${what}`;
    recordEvent(tx, { clock, call, type: "config", message, subject: nodeRef(node), nodeId: node.id });
    return node;
  });
}
