import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import type { Verb } from "../verb.ts";

export const revoke: Verb = (command, cli) => {
  command.argument("<vm>", "name or id").argument("<link>", "its id");
  addChangeFlags(command).action(async (ref: string, linkId: string, flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ ConsoleLinkSchema }, { getVm }, { printDone }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../output/done.ts"),
    ]);
    const vm = await getVm(session, ref);
    const answer = await session.vms.revokeConsoleLink({ vmId: vm.id, linkId, ...mutation(flags) });
    const describe = () => `the link to the screen of ${vm.name} is revoked`;
    await printDone(cli, { schema: ConsoleLinkSchema, answers: [answer], flags, describe });
  });
};
