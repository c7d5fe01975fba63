import { ImageTaskResponseSchema, type ImageTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { finish } from "../../tasks/finish.ts";
import { phaseOf } from "./view.ts";

export interface FinishImages {
  session: Session;
  flags: MutationFlags;
  action: string;
  gone?: boolean;
}

/** The end of a mutation of images. */
export async function finishImages(
  cli: Cli,
  answers: readonly ImageTaskResponse[],
  { session, flags, action, gone }: FinishImages,
): Promise<void> {
  await finish(cli, answers, {
    session,
    flags,
    schema: ImageTaskResponseSchema,
    reread: async (answer) => {
      if (!gone && answer.image) answer.image = await session.images.getImage({ id: answer.image.id });
    },
    describe: (answer, when) => {
      const name = answer.image?.name ?? "the image";
      if (when === "asked") return `${action} ${name}`;
      if (when === "dry") return `${action} ${name}: it can be done`;
      return gone ? `${name} is deleted` : `${name} is ${answer.image ? phaseOf(answer.image) : "UNKNOWN"}`;
    },
  });
}
