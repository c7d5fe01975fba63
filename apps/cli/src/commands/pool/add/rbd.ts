import type { Verb } from "../../verb.ts";
import { collect } from "../../../values/labels.ts";
import { addRbdFlags } from "../flags.ts";
import type { RbdFlags } from "../spec.ts";
import { addVerb } from "./add-verb.ts";
import { secretConfig } from "./secret-config.ts";

export const addRbd: Verb = (command, cli) => {
  addRbdFlags(command)
    .requiredOption("--pool <ceph-pool>", "the pool's name in the cluster")
    .option("--namespace <name>", "an RBD namespace within it")
    .option("--user <name>", "the CephX user (that of a keyring unless told; none: no authentication)")
    .option("--feature <name>", "image features: layering, exclusive-lock, …; may be repeated", collect)
    .addHelpText("after", "\nThe key's file may be a keyring: `ceph auth get client.lqx -o lqx.keyring`.");
  addVerb<RbdFlags>(command, cli, secretConfig(cli, "rbd"));
};
