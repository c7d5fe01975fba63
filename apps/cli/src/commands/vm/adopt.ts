import type { Verb } from "../verb.ts";
import { powerVerb } from "./power-verb.ts";

export const adopt: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "adopt",
    call: ({ session, vm, common }) => session.vms.adoptVM({ id: vm.id, ...common }),
  });
