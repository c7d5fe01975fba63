import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

export const detach: Verb = (command, cli) =>
  volumeVerb(command.argument("<volume>", "name or id"), cli, {
    action: "detach",
    call: ({ session, volume, common }) => session.volumes.detachVolume({ volumeId: volume.id, ...common }),
  });
