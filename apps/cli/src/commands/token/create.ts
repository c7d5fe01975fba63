import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { parseSeconds } from "../../values/duration.ts";
import { collect } from "../../values/labels.ts";

interface CreateFlags extends MutationFlags {
  expires?: number;
  scope?: string[];
  on?: string[];
  for?: string;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "what it is for")
    .option("--scope <privilege>", "good for no more than this: vm.view, vm.*; may be repeated", collect)
    .option("--on <object>", "good for no more than this and what is below: KIND/NAME, as in project/web", collect)
    .option("--expires <duration>", "how long it is good (90d unless told, 366d at most)", parseSeconds)
    .option("--for <user>", "a service account's (`lqx user create --service`); one's own unless told");
  addChangeFlags(command)
    .addHelpText("after", "\nA token never allows more than its user may do.")
    .action(async (name: string, flags: CreateFlags) => {
      const [api, { isMachine }, { printMessage }, { moment }, { getUserId }, { getObject }, { parsePatterns }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../output/format.ts"),
          import("../../output/print.ts"),
          import("../../output/times.ts"),
          import("../../rpc/resolve-identities.ts"),
          import("../../rpc/resolve-object.ts"),
          import("../role/patterns.ts"),
        ]);
      const scopes = parsePatterns(flags.scope ?? []);
      const session = await cli.connect();
      const answer = await session.auth.createToken({
        name,
        expiresInDays: Math.ceil((flags.expires ?? 0) / 86_400),
        userId: flags.for ? await getUserId(session, flags.for) : "",
        scopes,
        objects: await Promise.all((flags.on ?? []).map((text) => getObject(session, text))),
        ...mutation(flags),
      });
      if (flags.dryRun && !isMachine(cli.flags.output))
        return cli.print(`token ${name} can be made (dry run: nothing was changed)`);
      await printMessage(cli, api.CreateTokenResponseSchema, answer, ({ secret, token }) => {
        cli.note(`shown this once; good until ${moment(token?.expiresAt)}`);
        return [secret];
      });
    });
};
