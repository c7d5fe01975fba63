import { ImageTaskResponseSchema, type ImageTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { finishResource } from "../../tasks/finish-resource.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { phaseOf } from "./view.ts";

export interface FinishImages {
  session: Session;
  flags: MutationFlags;
  action: string;
  gone?: boolean;
}

/** The end of a mutation of images. */
export function finishImages(
  cli: Cli,
  answers: readonly ImageTaskResponse[],
  { session, flags, action, gone }: FinishImages,
): Promise<void> {
  return finishResource(cli, answers, {
    session,
    flags,
    action,
    schema: ImageTaskResponseSchema,
    nameOf: ({ image }) => image?.name ?? "the image",
    outcome: ({ image }) => (gone ? "is deleted" : `is ${image ? phaseOf(image) : "UNKNOWN"}`),
    reread: async (answer) => {
      if (!gone && answer.image) answer.image = await session.images.getImage({ id: answer.image.id });
    },
  });
}
