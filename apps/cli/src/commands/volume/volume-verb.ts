import type { Command } from "commander";
import type { Volume, VolumeTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export interface VolumeCall<Flags> {
  session: Session;
  volume: Volume;
  /** What was named after the volume. */
  words: string[];
  flags: Flags;
  common: ReturnType<typeof mutation>;
}

/** The shape that most verbs share: a volume that is in use, perhaps words after it, one call. */
export function volumeVerb<Flags extends MutationFlags>(
  command: Command,
  cli: Cli,
  { action, call }: { action: string; call: (it: VolumeCall<Flags>) => Promise<VolumeTaskResponse> },
): void {
  addMutationFlags(command).action(async (...given: unknown[]) => {
    const [ref = "", ...words] = given.slice(0, -2).filter((word) => typeof word === "string");
    const flags = given.at(-2) as Flags;
    const session = await cli.connect();
    const [{ getVolume }, { finishVolumes }] = await Promise.all([
      import("../../rpc/resolve-storage.ts"),
      import("./finish-volumes.ts"),
    ]);
    const volume = await getVolume(session, ref);
    const answer = await call({ session, volume, words, flags, common: mutation(flags) });
    await finishVolumes(cli, [answer], { session, flags, action, instant: action === "edit" });
  });
}
