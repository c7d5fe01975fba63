import type { Verb } from "../verb.ts";
import { powerVerb } from "../vm/power-verb.ts";

export const make: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "make a template of",
    outcome: "is a template",
    call: ({ session, vm, common }) => session.vms.convertToTemplate({ id: vm.id, ...common }),
  });

export const unmake: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "make a VM of",
    argument: "template",
    outcome: "is a VM again",
    call: ({ session, vm, common }) => session.vms.convertToVM({ id: vm.id, ...common }),
  });
