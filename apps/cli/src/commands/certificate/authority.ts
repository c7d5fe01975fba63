import type { Verb } from "../verb.ts";

export const authority: Verb = (command, cli) => {
  command.option("--pem", "its certificate alone, as a file has it").action(async (flags: { pem?: boolean }) => {
    const session = await cli.connect();
    const [{ AuthoritySchema }, { printMessage }, { renderFields }, { moment }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("../../output/table.ts"),
      import("../../output/times.ts"),
    ]);
    const answer = await session.certificates.getAuthority({});
    if (flags.pem) return cli.print(answer.certificatePem.trimEnd());
    await printMessage(cli, AuthoritySchema, answer, (it) =>
      renderFields([
        ["SHA-256", it.fingerprint],
        ["Good until", moment(it.expiresAt)],
      ]),
    );
  });
};
