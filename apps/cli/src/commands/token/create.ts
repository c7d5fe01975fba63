import type { Verb } from "../verb.ts";
import { parseSeconds } from "../../values/duration.ts";

interface CreateFlags {
  expires?: number;
  idempotencyKey?: string;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "what it is for")
    .option("--expires <duration>", "how long it is good (90d unless told, 366d at most)", parseSeconds)
    .option("--idempotency-key <key>", "a repeat under the same key answers what the first one did (24 h)")
    .action(async (name: string, flags: CreateFlags) => {
      const session = await cli.connect();
      const [{ CreateTokenResponseSchema }, { printMessage }, { moment }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../output/print.ts"),
        import("../../output/times.ts"),
      ]);
      const expiresInDays = Math.ceil((flags.expires ?? 0) / 86_400);
      const answer = await session.auth.createToken({
        name,
        expiresInDays,
        idempotencyKey: flags.idempotencyKey ?? "",
      });
      await printMessage(cli, CreateTokenResponseSchema, answer, ({ secret, token }) => {
        cli.note(`shown this once; good until ${moment(token?.expiresAt)}`);
        return [secret];
      });
    });
};
