import type { Verb } from "../verb.ts";
import { parseSeconds } from "../../values/duration.ts";

interface JoinCommandFlags {
  expires?: number;
  to?: string;
}

export const joinCommand: Verb = (command, cli) => {
  command
    .option("--expires <duration>", "how long it is good (60m unless told)", parseSeconds)
    .option(
      "--to <url>",
      "where the new host reaches the control plane: https://HOST:PORT (what it says itself unless told)",
    )
    .addHelpText("after", "\nPaste the line on the new host, as root. It is good for one host, once.")
    .action(async (flags: JoinCommandFlags) => {
      const session = await cli.connect();
      const [{ CreateJoinTokenResponseSchema }, { isMachine }, { printData }, { toJson }, { moment }, { joinLine }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../output/format.ts"),
          import("../../output/print.ts"),
          import("@bufbuild/protobuf"),
          import("../../output/times.ts"),
          import("./join-line.ts"),
        ]);
      const expiresInMinutes = Math.ceil((flags.expires ?? 0) / 60);
      const answer = await session.nodes.createJoinToken({ expiresInMinutes });
      const line = joinLine(answer, flags.to);
      if (isMachine(cli.flags.output)) {
        const data = toJson(CreateJoinTokenResponseSchema, answer) as Record<string, string>;
        return printData(cli, { ...data, command: line });
      }
      cli.print(line);
      cli.note(
        `good once, until ${moment(answer.expiresAt)}`,
        `it joins nobody but the authority with the fingerprint ${answer.caFingerprint}`,
      );
    });
};
