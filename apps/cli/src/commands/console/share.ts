import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { parseSeconds } from "../../values/duration.ts";
import type { Verb } from "../verb.ts";

interface ShareFlags extends MutationFlags {
  for: number;
  control?: boolean;
  note: string;
}

export const share: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .option("--for <duration>", "how long it is good (1h unless told, 24h at most)", parseSeconds, 3600)
    .option("--control", "whoever has it may type and click, not only look")
    .option("--note <text>", "whom it is for", "");
  addChangeFlags(command).action(async (ref: string, flags: ShareFlags) => {
    const session = await cli.connect();
    const [api, { getVm }, { isMachine }, { printMessage }, { moment }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../output/format.ts"),
      import("../../output/print.ts"),
      import("../../output/times.ts"),
    ]);
    const vm = await getVm(session, ref);
    const answer = await session.vms.createConsoleLink({
      vmId: vm.id,
      minutes: Math.ceil(flags.for / 60),
      viewOnly: !flags.control,
      note: flags.note,
      ...mutation(flags),
    });
    if (flags.dryRun && !isMachine(cli.flags.output))
      return cli.print(`a link to the screen of ${vm.name} can be made (dry run: nothing was changed)`);
    await printMessage(cli, api.CreateConsoleLinkResponseSchema, answer, ({ path, link }) => {
      cli.note(
        `shown this once; good until ${moment(link?.expiresAt)}, revoke it with: lqx console revoke ${vm.name} ${link?.id}`,
      );
      return [new URL(path, `${session.server}/`).href];
    });
  });
};
