import type { Verb } from "../verb.ts";
import { powerVerb } from "./power-verb.ts";

export const resume: Verb = (command, cli) =>
  powerVerb(command, cli, {
    action: "resume",
    call: ({ session, vm, common }) => session.vms.resumeVM({ id: vm.id, ...common }),
  });
