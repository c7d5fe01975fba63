import type { Verb } from "../verb.ts";
import { collectLabels } from "../../values/labels.ts";
import type { ListFlags } from "../vm/list-vms.ts";

export const list: Verb = (command, cli) => {
  command
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .option("--project <project>", "only those of this project")
    .option("--folder <folder>", "only those right in this folder: a name, or a path as in web/databases")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const { listVms } = await import("../vm/list-vms.ts");
      await listVms(cli, session, { name: undefined, flags, templates: true });
    });
};
