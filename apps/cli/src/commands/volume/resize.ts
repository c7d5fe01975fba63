import type { Verb } from "../verb.ts";
import { parseNewSize } from "../../values/size.ts";
import { volumeVerb } from "./volume-verb.ts";

export const resize: Verb = (command, cli) => {
  command
    .argument("<volume>", "name or id")
    .argument("<size>", "the new size, 20G, or how much more, +10G; volumes only grow");
  volumeVerb(command, cli, {
    action: "resize",
    call: async ({ session, volume, words: [size = ""], common }) => {
      const { sizeOf } = await import("./view.ts");
      const newSizeBytes = parseNewSize(size, sizeOf(volume));
      return session.volumes.resizeVolume({ id: volume.id, newSizeBytes, ...common });
    },
  });
};
