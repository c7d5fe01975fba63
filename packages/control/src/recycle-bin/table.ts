import { RecycledVmRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

/** By VM id: VMs that were deleted and can be brought back. Their volumes stay attached to them, with a deletion date. */
export const recycledVms = table({
  kind: "recycled-vm",
  schema: RecycledVmRowSchema,
  indexes: { project: ({ vm }) => vm?.projectId },
});
