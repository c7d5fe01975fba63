import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

export const detach: Verb = (command, cli) =>
  volumeVerb(
    command.argument("<volume>", "name or id").argument("[vm]", "from which VM, where several share it"),
    cli,
    {
      action: "detach",
      call: async ({ session, volume, words: [ref], common }) => {
        const { getVm } = await import("../../rpc/resolve.ts");
        const vmId = ref === undefined ? "" : (await getVm(session, ref)).id;
        return session.volumes.detachVolume({ volumeId: volume.id, vmId, ...common });
      },
    },
  );
