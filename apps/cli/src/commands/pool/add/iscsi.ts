import type { Verb } from "../../verb.ts";
import { parseWhole } from "../../../values/count.ts";
import { addIscsiFlags } from "../flags.ts";
import type { IscsiFlags } from "../spec.ts";
import { addVerb } from "./add-verb.ts";
import { secretConfig } from "./secret-config.ts";

export const addIscsi: Verb = (command, cli) => {
  addIscsiFlags(command)
    .requiredOption("--target <iqn>", "the target's name")
    .option("--lun <number>", "which of its LUNs", parseWhole, 0)
    .option(
      "--shared",
      "several hosts share the LUN, as VMFS does (real hosts refuse it in this version); else one host has it",
    )
    .option("--initialize", "take an empty LUN into use; one that holds anything else is refused");
  addVerb<IscsiFlags>(command, cli, secretConfig(cli, "iscsi"));
};
