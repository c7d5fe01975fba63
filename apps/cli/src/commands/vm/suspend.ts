import type { Verb } from "../verb.ts";
import { powerVerb } from "./power-verb.ts";

export const suspend: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "suspend",
    call: ({ session, vm, common }) => session.vms.suspendVM({ id: vm.id, ...common }),
  });
