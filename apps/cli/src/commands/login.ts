import { resolve } from "node:path";
import { defaultServer } from "../config.ts";
import { loadContexts, normalServer, saveContexts } from "../contexts.ts";
import type { Verb } from "./verb.ts";

interface LoginFlags {
  user?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  name: string;
  ca?: string;
}

export const login: Verb = (command, cli) => {
  command
    .option("-u, --user <name>", "user name; asked for where there is a terminal")
    .option("--password-stdin", "read the password from standard input instead of asking")
    .option("--token-stdin", "keep an API token, read from standard input, instead of logging in")
    .option("--name <context>", "save it under this name, for --context", "default")
    .option("--ca <file>", "PEM file of the authority that signed the server's certificate")
    .addHelpText("after", "\nSaved in ~/.config/limiquantix/config.json, readable by you alone.")
    .action(async (flags: LoginFlags) => {
      const [{ openSession }, { askSecret, askText, readSecret }] = await Promise.all([
        import("../rpc/session.ts"),
        import("../terminal/prompt.ts"),
      ]);
      const saved = await loadContexts(cli.contextsFile);
      const name = cli.flags.context ?? flags.name;
      const server = normalServer(
        cli.flags.server ?? cli.settings.server ?? saved.contexts[name]?.server ?? defaultServer,
      );
      const caFile = flags.ca ? resolve(flags.ca) : saved.contexts[name]?.caFile;
      let token: string;
      if (flags.tokenStdin) token = (await readSecret(cli.terminal)).trim();
      else {
        const username =
          flags.user ?? (await askText(cli.terminal, `User at ${server}`, cli.settings.username || "admin"));
        const password = flags.passwordStdin
          ? await readSecret(cli.terminal)
          : await askSecret(cli.terminal, "Password");
        const session = openSession({ server, token: undefined, caFile });
        ({ token } = await session.auth.login({ username, password }));
      }
      // The token is tried before it is saved.
      const user = await openSession({ server, token, caFile }).auth.whoAmI({});
      saved.contexts[name] = { server, token, user: user.name, ...(caFile ? { caFile } : {}) };
      saved.current = name;
      await saveContexts(cli.contextsFile, saved);
      cli.print(`logged in to ${server} as ${user.name}`);
      if (user.mustChangePassword) cli.warn("this password was made for you: change it with `lqx passwd`");
    });
};
