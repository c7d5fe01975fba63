import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface RevokeFlags extends MutationFlags {
  yes?: boolean;
}

export const revoke: Verb = (command, cli) => {
  command.argument("<certificate>", "id, or whose it is").option("-y, --yes", "do not ask");
  addChangeFlags(command)
    .addHelpText("after", "\nA host must join again: `lqx node join-command`.")
    .action(async (ref: string, flags: RevokeFlags) => {
      const session = await cli.connect();
      const [{ CertificateSchema }, { getCertificate }, { kindOf }, { confirmed }, { printDone }] = await Promise.all([
        import("@limiquantix/api"),
        import("./read.ts"),
        import("./view.ts"),
        import("../../terminal/confirm.ts"),
        import("../../output/done.ts"),
      ]);
      const certificate = await getCertificate(session, ref);
      const what = `the ${kindOf(certificate)} certificate of ${certificate.subjectName || certificate.subjectId}`;
      if (!(await confirmed(cli, flags, `Revoke ${what}? Its holder is locked out at once.`))) return;
      const answers = [await session.certificates.revokeCertificate({ id: certificate.id, ...mutation(flags) })];
      await printDone(cli, { schema: CertificateSchema, answers, flags, describe: () => `${what} is revoked` });
    });
};
