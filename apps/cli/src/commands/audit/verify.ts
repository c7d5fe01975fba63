import type { Verb } from "../verb.ts";

export const verify: Verb = (command, cli) => {
  command
    .option("--known <id:hash>", "a head that was written down earlier: it must still be in the chain")
    .addHelpText(
      "after",
      "\nThe exit code is 1 where the chain is broken. Write the head down elsewhere: a log that\nis cut off at its end cannot tell by itself.",
    )
    .action(async (flags: { known?: string }) => {
      const [{ parseHead }, { VerifyAuditResponseSchema }, { ExitCode }, { printMessage }, { shortId }] =
        await Promise.all([
          import("./head.ts"),
          import("@limiquantix/api"),
          import("../../exit-codes.ts"),
          import("../../output/print.ts"),
          import("./view.ts"),
        ]);
      const known = flags.known === undefined ? {} : parseHead(flags.known);
      const session = await cli.connect();
      const answer = await session.audit.verifyAudit(known);
      if (!answer.intact) cli.exitCode = ExitCode.FAILED;
      const { paint } = cli.terminal;
      await printMessage(cli, VerifyAuditResponseSchema, answer, (it) =>
        it.intact
          ? [paint.green(`intact: ${it.records} records`), `head: ${shortId(it.headId)}:${it.headHash}`]
          : [paint.red(`broken at ${shortId(it.brokenId) || "its end"}: ${it.why}`)],
      );
      if (answer.intact) cli.note("write the head down elsewhere; --known ID:HASH finds it again");
    });
};
