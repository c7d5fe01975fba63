import type { Command } from "commander";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Quota, QuotaSchema } from "@limiquantix/api";
import { parseWhole } from "../../values/count.ts";
import { parseGib, parseMib } from "../../values/size.ts";

/** A limit, or `none`, which lifts it. */
type Limit<Value> = Value | "none";

export interface QuotaFlags {
  vms?: Limit<number>;
  vcpus?: Limit<number>;
  memory?: Limit<bigint>;
  storage?: Limit<bigint>;
  floatingAddresses?: Limit<number>;
}

export function addQuotaFlags(command: Command): Command {
  const limit =
    <Value>(parse: (text: string) => Value) =>
    (text: string): Limit<Value> =>
      text === "none" ? "none" : parse(text);
  return command
    .option("--vms <count>", "at most so many VMs; none lifts a limit", limit(parseWhole))
    .option("--vcpus <count>", "virtual CPUs of all its VMs", limit(parseWhole))
    .option("--memory <size>", "memory of all its VMs, as in 64GiB", limit(parseMib))
    .option("--storage <size>", "disks of all its VMs, as in 1TiB", limit(parseGib))
    .option("--floating-addresses <count>", "floating addresses", limit(parseWhole));
}

/** The quota that flags make of `before`; undefined where no flag is about it. Pure. */
export function changedQuota(
  before: Quota | undefined,
  flags: QuotaFlags,
): MessageInitShape<typeof QuotaSchema> | undefined {
  const changes = {
    vms: flags.vms,
    vcpus: flags.vcpus,
    memoryMib: flags.memory,
    storageGib: flags.storage,
    floatingAddresses: flags.floatingAddresses,
  };
  if (Object.values(changes).every((value) => value === undefined)) return undefined;
  const { vms, vcpus, memoryMib, storageGib, floatingAddresses } = before ?? {};
  const all = Object.entries({ vms, vcpus, memoryMib, storageGib, floatingAddresses }).map(
    ([key, old]) => [key, changes[key as keyof typeof changes] ?? old] as const,
  );
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== "none"));
}
