import type { LoginFlags } from "../login/log-in.ts";
import type { Verb } from "./verb.ts";

export const login: Verb = (command, cli) => {
  command
    .argument("[url]", "the control plane: https://HOST:8443, or http://127.0.0.1:8080 on its own machine")
    .option("-u, --user <name>", "user name; asked for where there is a terminal")
    .option("--password-stdin", "read the password from standard input instead of asking")
    .option("--code <code>", "second factor: the code that your authenticator app shows")
    .option("--recovery-code <code>", "second factor: one of your recovery codes")
    .option("--provider <provider>", "an LDAP provider to ask, instead of all in turn")
    .option("--oidc <provider>", "log in at this OpenID Connect provider, with a browser on this machine")
    .option("--token-stdin", "keep an API token, read from standard input, instead of logging in")
    .option("--name <context>", "save it under this name, for --context", "default")
    .option("--ca <file>", "PEM file of the authority that vouches for the server")
    .option("--ca-fingerprint <hex>", "SHA-256 of that authority's certificate; asked about where there is a terminal")
    .addHelpText(
      "after",
      "\nSaved in ~/.config/limiquantix, readable by you alone. Over https the session is bound to a key made here.",
    )
    .action(async (url: string | undefined, flags: LoginFlags) => {
      const { logIn } = await import("../login/log-in.ts");
      await logIn(cli, url, flags);
    });
};
