import type { Verb } from "../verb.ts";
import { volumeVerb } from "./volume-verb.ts";

export const move: Verb = (command, cli) => {
  command.argument("<volume>", "name or id; one without snapshots").argument("<pool>", "where to: name or id");
  volumeVerb(command, cli, {
    action: "move",
    call: async ({ session, volume, words: [ref = ""], common }) => {
      const { getPool } = await import("../../rpc/resolve-pool.ts");
      const pool = await getPool(session, ref);
      return session.volumes.moveVolume({ volumeId: volume.id, storagePoolId: pool.id, ...common });
    },
  });
};
