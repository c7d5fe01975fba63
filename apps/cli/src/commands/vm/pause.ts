import type { Verb } from "../verb.ts";
import { powerVerb } from "./power-verb.ts";

export const pause: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "pause",
    call: ({ session, vm, common }) => session.vms.pauseVM({ id: vm.id, ...common }),
  });
