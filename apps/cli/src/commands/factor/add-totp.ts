import type { Verb } from "../verb.ts";

interface AddFlags {
  codeStdin?: boolean;
}

export const addTotp: Verb = (command, cli) => {
  command
    .argument("[name]", "what you call it: phone", "authenticator")
    .option("--code-stdin", "read the app's code from standard input instead of asking")
    .addHelpText("after", "\nThe recovery codes that it prints are shown once: each replaces one code of the app.")
    .action(async (name: string, flags: AddFlags) => {
      const { setUpTotp } = await import("./set-up-totp.ts");
      await setUpTotp(cli, { name, fromPipe: flags.codeStdin ?? false });
    });
};
