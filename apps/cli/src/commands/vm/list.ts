import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";
import { collectLabels } from "../../values/labels.ts";
import type { ListFlags } from "./list-vms.ts";

export const list: Verb = (command, cli) => {
  command
    .argument("[name]", "only the VM with this name")
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .option("--state <state...>", "only those in these states: RUNNING, STOPPED, …")
    .option("--node <node>", "only those on this host")
    .option("--project <project>", "only those of this project")
    .option("--folder <folder>", "only those right in this folder: a name, or a path as in web/databases")
    .option("--limit <count>", "the first so many", parseCount)
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (name: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [{ listVms }, { watchVms }] = await Promise.all([import("./list-vms.ts"), import("./watch-vms.ts")]);
      if (flags.watch) await watchVms(cli, session, { name, flags });
      else await listVms(cli, session, { name, flags });
    });
};
