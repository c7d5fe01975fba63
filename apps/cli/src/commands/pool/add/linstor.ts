import type { Verb } from "../../verb.ts";
import { addLinstorFlags } from "../flags.ts";
import type { LinstorFlags } from "../spec.ts";
import { addVerb } from "./add-verb.ts";
import { secretConfig } from "./secret-config.ts";

export const addLinstor: Verb = (command, cli) => {
  addLinstorFlags(command).requiredOption("--resource-group <name>", "where its volumes are placed from");
  addVerb<LinstorFlags>(command, cli, secretConfig(cli, "linstor"));
};
