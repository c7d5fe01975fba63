import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";
import { parseMib } from "../../values/size.ts";

interface WhyNotFlags {
  cpu?: number;
  memory?: bigint;
  node?: string;
  project?: string;
}

export const whyNot: Verb = (command, cli) => {
  command
    .argument("[vm]", "name or id; without one, what the flags describe")
    .option("--cpu <count>", "virtual CPUs of a VM that one would make", parseCount)
    .option("--memory <size>", "its memory", parseMib)
    .option("--project <project>", "whose it would be (default unless told)")
    .option("--node <node>", "ask about this host alone")
    .action(async (ref: string | undefined, flags: WhyNotFlags) => {
      const session = await cli.connect();
      const [{ WhyNotResponseSchema }, { getVm, getNode }, { printMessage }, { describeVerdicts }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../output/print.ts"),
        import("./verdicts.ts"),
      ]);
      const [vm, node] = await Promise.all([
        ref ? getVm(session, ref) : undefined,
        flags.node ? getNode(session, flags.node) : undefined,
      ]);
      const project = flags.project ? await session.projects.getProject({ id: flags.project }) : undefined;
      const answer = await session.vms.whyNot({
        projectId: project?.id ?? "",
        vmId: vm?.id ?? "",
        nodeId: node?.id ?? "",
        ...(vm ? {} : { spec: { cpu: { cores: flags.cpu ?? 2 }, memory: { sizeMib: flags.memory ?? 2048n } } }),
      });
      await printMessage(cli, WhyNotResponseSchema, answer, (it) => describeVerdicts(it, cli.terminal.paint));
    });
};
