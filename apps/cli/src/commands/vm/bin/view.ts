import { RecycledVMSchema } from "@limiquantix/api";
import type { ListView } from "../../../output/print.ts";
import { age, moment } from "../../../output/times.ts";

export function recycledListView(): ListView<typeof RecycledVMSchema> {
  return {
    schema: RecycledVMSchema,
    empty: "no VMs in the recycle bin",
    columns: [
      { header: "NAME", value: ({ vm }) => vm?.name ?? "" },
      { header: "DISKS", value: ({ vm }) => String(vm?.spec?.disks.length ?? 0), right: true },
      { header: "DELETED", value: ({ deletedAt }) => age(deletedAt), right: true },
      { header: "BY", value: ({ deletedBy }) => deletedBy },
      { header: "GONE FROM", value: ({ purgeAt }) => moment(purgeAt) },
      { header: "ID", value: ({ vm }) => vm?.id ?? "", wide: true },
    ],
  };
}
