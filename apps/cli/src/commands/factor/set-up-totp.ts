import { ConfirmFactorResponseSchema } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { printMessage } from "../../output/print.ts";
import { askText } from "../../terminal/prompt.ts";
import { readLine } from "../../terminal/terminal.ts";

/** Shows the secret three ways, asks for a code of it, and shows the recovery codes once. */
export async function setUpTotp(cli: Cli, { name, fromPipe }: { name: string; fromPipe: boolean }): Promise<void> {
  const session = await cli.connect();
  const { factorId, secret, uri } = await session.auth.startTotp({ name });
  cli.note("Scan this with an authenticator app, or type the secret in:", "");
  if (cli.terminal.errors.isTTY) {
    const { renderUnicodeCompact } = await import("uqr");
    cli.note(renderUnicodeCompact(uri));
  }
  cli.note("", `secret: ${secret}`, uri, "");
  const code = fromPipe ? await readLine(cli.terminal.input) : await askText(cli.terminal, "The code that it shows");
  const answer = await session.auth.confirmTotp({ factorId, code: code.replaceAll(" ", "") });
  await printMessage(cli, ConfirmFactorResponseSchema, answer, ({ recoveryCodes }) => {
    cli.note(`${name} is set up: the next login asks for a code`);
    if (recoveryCodes.length > 0) cli.note("recovery codes, each good once, shown this once:");
    return recoveryCodes;
  });
}
