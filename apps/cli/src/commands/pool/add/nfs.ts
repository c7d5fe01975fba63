import type { Verb } from "../../verb.ts";
import { addNfsFlags } from "../flags.ts";
import type { NfsFlags } from "../spec.ts";
import { addVerb } from "./add-verb.ts";

export const addNfs: Verb = (command, cli) => {
  command
    .requiredOption("--server <address>", "the server")
    .requiredOption("--export <path>", "the path that it exports")
    .option("--userspace", "by QEMU's own client, where the hosts' kernel has none: no images, no live snapshots");
  addVerb<NfsFlags>(addNfsFlags(command), cli, async (flags) => (await import("../spec.ts")).nfsConfig(flags));
};
