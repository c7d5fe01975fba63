import type { Verb } from "../verb.ts";
import { powerVerb } from "./power-verb.ts";

export const start: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "start",
    call: ({ session, vm, common }) => session.vms.startVM({ id: vm.id, ...common }),
  });
