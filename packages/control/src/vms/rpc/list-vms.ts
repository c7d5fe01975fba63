import { create } from "@bufbuild/protobuf";
import {
  invalid,
  ListVMsResponseSchema,
  type ListVMsRequest,
  type ListVMsResponse,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Access } from "../../access/access.ts";
import { vms } from "../../tables.ts";
import { publicVm } from "../redact.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { compareOrdered, sortKey, type OrderedVm, type VmOrder } from "../vm-index.ts";
import { stateOf } from "../vm.ts";

const defaultPageSize = 50;

/** One page in the order asked for. Without filters, for who may see every VM: no work on rows outside of the page. */
export function listVms(
  { db, index }: Pick<VmServiceParts, "db" | "index">,
  request: ListVMsRequest,
  access: Access,
): ListVMsResponse {
  const order: VmOrder = request.orderBy.endsWith("name") ? "name" : "created_at";
  const reverse = request.orderBy.startsWith("-");
  const matches = both(filterOf(request), access.everywhere("vm.view") ? undefined : access.sees("vm", "vm.view"));
  const all = candidates();
  const after = request.pageToken ? decodeToken(request.pageToken) : undefined;
  const limit = request.pageSize || defaultPageSize;

  const page: VirtualMachine[] = [];
  let more = false;
  for (const vm of rowsFrom(after ? positionBehind(all, after, reverse) : reverse ? all.length - 1 : 0)) {
    if (matches && !matches(vm)) continue;
    if (page.length === limit) {
      more = true;
      break;
    }
    page.push(vm);
  }
  const last = page.at(-1);
  return create(ListVMsResponseSchema, {
    vms: page.map(publicVm),
    nextPageToken: more && last ? encodeToken({ key: sortKey(order, last), id: last.id }) : "",
    totalCount: matches ? count(matches) : all.length,
  });

  function candidates(): readonly OrderedVm[] {
    const { nodeId, name, folderId, projectId } = request;
    const narrow = nodeId
      ? db.by(vms, "node", nodeId)
      : name
        ? db.by(vms, "name", name)
        : folderId
          ? db.by(vms, "folder", folderId)
          : projectId
            ? db.by(vms, "project", projectId)
            : undefined;
    if (!narrow) return index.ordered(order);
    return narrow.map((vm) => ({ key: sortKey(order, vm), id: vm.id })).toSorted(compareOrdered);
  }

  function* rowsFrom(position: number): Generator<VirtualMachine> {
    const step = reverse ? -1 : 1;
    for (let i = position; i >= 0 && i < all.length; i += step) {
      const vm = db.find(vms, all[i]?.id ?? "");
      if (vm) yield vm;
    }
  }

  function count(matching: (vm: VirtualMachine) => boolean): number {
    let total = 0;
    for (const { id } of all) {
      const vm = db.find(vms, id);
      if (vm && matching(vm)) total++;
    }
    return total;
  }
}

type VmFilter = (vm: VirtualMachine) => boolean;

function both(a: VmFilter | undefined, b: VmFilter | undefined): VmFilter | undefined {
  return a && b ? (vm) => a(vm) && b(vm) : (a ?? b);
}

function filterOf(request: ListVMsRequest): VmFilter | undefined {
  const { projectId, nodeId, name, folderId } = request;
  const states = new Set(request.states);
  const labels = Object.entries(request.labels);
  if (!projectId && !nodeId && !name && !folderId && states.size === 0 && labels.length === 0) return undefined;
  return (vm) =>
    (!projectId || vm.projectId === projectId) &&
    (!nodeId || vm.status?.nodeId === nodeId) &&
    (!name || vm.name === name) &&
    (!folderId || vm.folderId === folderId) &&
    (states.size === 0 || states.has(stateOf(vm))) &&
    labels.every(([key, value]) => vm.labels[key] === value);
}

/** Where the listing goes on: the first place behind `after` in its direction, whether that VM is still there or not. */
function positionBehind(all: readonly OrderedVm[], after: OrderedVm, reverse: boolean): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = all[middle];
    const order = item ? compareOrdered(item, after) : 1;
    if (reverse ? order < 0 : order <= 0) low = middle + 1;
    else high = middle;
  }
  return reverse ? low - 1 : low;
}

function encodeToken({ key, id }: OrderedVm): string {
  return btoa(encodeURIComponent(JSON.stringify([key, id])));
}

function decodeToken(token: string): OrderedVm {
  try {
    const value: unknown = JSON.parse(decodeURIComponent(atob(token)));
    if (Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string") {
      return { key: value[0], id: value[1] };
    }
  } catch {
    // Said below, whatever is wrong with it.
  }
  throw invalid([{ field: "pageToken", message: "is not a token that a page came with" }]);
}
