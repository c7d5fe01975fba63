import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

export const attach: Verb = (command, cli) => {
  command.argument("<volume>", "name or id").argument("<vm>", "name or id");
  volumeVerb(command, cli, {
    action: "attach",
    call: async ({ session, volume, words: [ref = ""], common }) => {
      const { getVm } = await import("../../rpc/resolve.ts");
      const vm = await getVm(session, ref);
      return session.volumes.attachVolume({ volumeId: volume.id, vmId: vm.id, ...common });
    },
  });
};
