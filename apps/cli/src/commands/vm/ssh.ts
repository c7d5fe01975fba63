import type { Verb } from "../verb.ts";
import { parseSeconds } from "../../values/duration.ts";

interface SshFlags {
  wait?: boolean;
  timeout: number;
  user?: string;
  port: string;
}

export const ssh: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id, or user@name")
    .argument("[args...]", "after --: flags of ssh, or a command for the guest")
    .option("-w, --wait", "wait until the VM has an address and answers there")
    .option("--timeout <duration>", "how long --wait may take", parseSeconds, 300)
    .option("-u, --user <name>", "the user (the VM's, or its image's, unless told)")
    .option("-p, --port <port>", "the port in the guest", "22")
    .addHelpText(
      "after",
      "\nExample: lqx vm ssh web --wait -- -i ~/.ssh/other uptime\nAnswers with the exit code of ssh.",
    )
    .action(async (target: string, args: string[], flags: SshFlags) => {
      const { sshToVm } = await import("./ssh-to-vm.ts");
      const at = target.lastIndexOf("@");
      const user = flags.user ?? (at > 0 ? target.slice(0, at) : undefined);
      cli.exitCode = await sshToVm(cli, {
        ref: target.slice(at + 1),
        args,
        user,
        port: flags.port,
        waitMs: flags.wait ? flags.timeout * 1000 : 0,
      });
    });
};
