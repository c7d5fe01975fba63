import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<volume>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ VolumeSchema }, { getVolumeAnywhere }, { readVolumeNames }, { printMessage }, { describeVolume }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-storage.ts"),
        import("./read-names.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const volume = await getVolumeAnywhere(session, ref);
    const names = await readVolumeNames(session, [volume]);
    await printMessage(cli, VolumeSchema, volume, (it) => describeVolume(it, names));
  });
};
