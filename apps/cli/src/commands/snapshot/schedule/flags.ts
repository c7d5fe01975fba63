import type { Command } from "commander";
import { UsageError } from "../../../usage-error.ts";
import { parseWhole } from "../../../values/count.ts";
import { parseSeconds } from "../../../values/duration.ts";
import { collect, collectLabels, type Labels } from "../../../values/labels.ts";

/** What a schedule is, as `create` and `edit` take it. */
export interface SpecFlags {
  cron?: string;
  zone?: string;
  vm?: string[];
  withLabel?: Labels;
  all?: boolean;
  memory?: boolean;
  quiesce?: boolean;
  keepLast?: number;
  keepFor?: number;
}

const hourSeconds = 3600;

export function addSpecFlags(command: Command): Command {
  return command
    .option("--zone <zone>", "the time zone that the pattern is meant in: Europe/Berlin (UTC unless told)")
    .option("--vm <vm>", "a VM to take snapshots of; may be repeated", collect)
    .option("--with-label <key=value>", "and those that have this label then; several must all be there", collectLabels)
    .option("--all", "all VMs of the project")
    .option("--memory", "with the memory of guests that run")
    .option("--quiesce", "have the guests' agents write everything to disk first, where they have one")
    .option("--keep-last <count>", "so many of a VM stay; 0: no such limit", parseWhole)
    .option("--keep-for <duration>", "what is younger stays: 36h, 7d; 0: no such limit", parseSeconds);
}

/** The fields of the spec that flags set; VMs by their ids. Pure. */
export function specFrom(flags: SpecFlags, vmIds: string[] | undefined) {
  const {
    cron,
    zone: timeZone,
    withLabel: labelSelector,
    all: allVms,
    memory: includeMemory,
    quiesce,
    keepLast,
  } = flags;
  return {
    cron,
    timeZone,
    vmIds,
    labelSelector,
    allVms,
    includeMemory,
    quiesce,
    keepLast,
    keepForHours: hoursOf(flags),
  };
}

/** Throws a UsageError where nothing says of what. */
export function requireVms({ vm, withLabel, all }: SpecFlags): void {
  if (vm || withLabel || all) return;
  throw new UsageError("nothing says which VMs", "Name them with --vm, or give --with-label key=value, or --all.");
}

/** A part of an hour counts as one: nothing goes too early. */
function hoursOf({ keepFor }: SpecFlags): number | undefined {
  return keepFor === undefined ? undefined : Math.ceil(keepFor / hourSeconds);
}
