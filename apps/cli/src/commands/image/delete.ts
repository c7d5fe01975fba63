import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  yes?: boolean;
}

export const deleteImage: Verb = (command, cli) => {
  command.argument("<image...>", "names or ids").option("-y, --yes", "do not ask");
  addMutationFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ getImage }, { finishImages }] = await Promise.all([
      import("../../rpc/resolve.ts"),
      import("./finish-images.ts"),
    ]);
    const images = await Promise.all(refs.map((ref) => getImage(session, ref)));
    if (!flags.yes && !flags.dryRun) {
      const { askConfirm } = await import("../../terminal/prompt.ts");
      const names = images.map((image) => image.name).join(", ");
      if (!(await askConfirm(cli.terminal, `Delete ${names}?`))) return cli.note("nothing was deleted");
    }
    const answers = await Promise.all(
      images.map((image) => session.images.deleteImage({ id: image.id, ...mutation(flags) })),
    );
    await finishImages(cli, answers, { session, flags, action: "delete", gone: true });
  });
};
