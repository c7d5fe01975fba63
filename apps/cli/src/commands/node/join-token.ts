import type { Verb } from "../verb.ts";
import { parseSeconds } from "../../values/duration.ts";

interface JoinTokenFlags {
  expires?: number;
}

export const joinToken: Verb = (command, cli) => {
  command
    .option("--expires <duration>", "how long it is good (60m unless told)", parseSeconds)
    .action(async (flags: JoinTokenFlags) => {
      const session = await cli.connect();
      const [{ CreateJoinTokenResponseSchema }, { printMessage }, { moment }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../output/print.ts"),
        import("../../output/times.ts"),
      ]);
      const expiresInMinutes = Math.ceil((flags.expires ?? 0) / 60);
      const answer = await session.nodes.createJoinToken({ expiresInMinutes });
      await printMessage(cli, CreateJoinTokenResponseSchema, answer, ({ token, expiresAt }) => {
        cli.note(`good once, until ${moment(expiresAt)}`);
        return [token];
      });
    });
};
