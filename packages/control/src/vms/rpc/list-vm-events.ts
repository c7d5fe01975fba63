import { create } from "@bufbuild/protobuf";
import { ListVMEventsResponseSchema, type ListVMEventsRequest, type ListVMEventsResponse } from "@limiquantix/api";
import { Inventory, notFound } from "../../access/index.ts";
import { findEvents } from "../../events/find-events.ts";
import type { Call } from "../../rpc/call.ts";
import type { Database } from "../../store/database.ts";

/**
 * What happened to a VM, newest first; of one that is gone, by its id, to who may see the events of where it was.
 * Throws NOT_FOUND where there is neither a VM nor an event that the caller may see.
 */
export async function listVmEvents(
  db: Database,
  request: ListVMEventsRequest,
  { access }: Call,
): Promise<ListVMEventsResponse> {
  const vm = new Inventory(db).find("vm", request.vmId, access.sees("vm", "vm.view"));
  if (vm) access.require("event.view", { kind: "vm", id: vm.id });
  const subjectId = vm?.id ?? request.vmId;
  const severities = request.severity ? [request.severity] : [];
  const visible = access.everywhere("event.view") ? undefined : access.sees("event", "event.view");
  const { type, limit, since } = request;
  const { events } = await findEvents(db, { subjectId, severities, type, limit, since, visible });
  if (!vm && events.length === 0) throw notFound({ kind: "vm", id: request.vmId });
  return create(ListVMEventsResponseSchema, { events });
}
