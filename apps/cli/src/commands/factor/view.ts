import { Factor_Kind, FactorSchema } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { moment } from "../../output/times.ts";

export function factorListView(): ListView<typeof FactorSchema> {
  return {
    schema: FactorSchema,
    empty: "no second factors (set one up: lqx factor add-totp)",
    columns: [
      { header: "NAME", value: (factor) => factor.name },
      { header: "KIND", value: (factor) => Factor_Kind[factor.kind] ?? "" },
      { header: "CREATED", value: (factor) => moment(factor.createdAt) },
      { header: "LAST USED", value: (factor) => moment(factor.lastUsedAt) },
      { header: "ID", value: (factor) => factor.id },
    ],
  };
}
