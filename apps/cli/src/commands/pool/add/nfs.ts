import type { Verb } from "../../verb.ts";
import { addNfsFlags } from "../flags.ts";
import type { NfsFlags } from "../spec.ts";
import { addVerb, type ConfigReader } from "./add-verb.ts";

export const addNfs: Verb = (command, cli) => {
  command.option(
    "--userspace",
    "by QEMU's own client, where the hosts' kernel has none: no images, no snapshots while a VM runs",
  );
  const read: ConfigReader<NfsFlags> = async (flags, source) => (await import("../spec.ts")).nfsConfig(source, flags);
  // No `--server`: that is the control plane, everywhere.
  addVerb(addNfsFlags(command), cli, read, { name: "server:/export", about: "as for mount: 10.0.0.5:/srv/vms" });
};
