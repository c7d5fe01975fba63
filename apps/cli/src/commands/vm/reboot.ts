import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { powerVerb } from "./power-verb.ts";

interface RebootFlags extends MutationFlags {
  force?: boolean;
}

export const reboot: Verb = (command, cli) =>
  powerVerb<RebootFlags>(command.option("-f, --force", "reset at once instead of asking the guest"), cli, {
    action: "reboot",
    call: ({ session, vm, flags, common }) =>
      session.vms.rebootVM({ id: vm.id, force: flags.force ?? false, ...common }),
  });
