import { create } from "@bufbuild/protobuf";
import {
  ListRecycledVMsResponseSchema,
  RecycledVMSchema,
  type ListRecycledVMsRequest,
  type ListRecycledVMsResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import type { Database } from "../../store/database.ts";
import { publicVm } from "../../vms/redact.ts";
import { recycledVms } from "../table.ts";

export function listRecycledVms(
  db: Database,
  request: ListRecycledVMsRequest,
  { access }: Call,
): ListRecycledVMsResponse {
  const visible = access.sees("vm", "vm.view");
  const { projectId } = request;
  const rows = projectId ? db.by(recycledVms, "project", projectId) : [...db.all(recycledVms)];
  const { items, nextPageToken, totalCount } = pageOf(
    rows.filter(({ vm }) => vm && visible(vm)),
    request,
  );
  const vms = items.map(({ vm, deletedAt, purgeAt, deletedBy }) =>
    create(RecycledVMSchema, {
      ...(vm ? { vm: publicVm(vm) } : {}),
      ...(deletedAt ? { deletedAt } : {}),
      ...(purgeAt ? { purgeAt } : {}),
      deletedBy,
    }),
  );
  return create(ListRecycledVMsResponseSchema, { vms, nextPageToken, totalCount });
}
