import { loadContexts, saveContexts } from "../contexts.ts";
import type { Verb } from "./verb.ts";

export const logout: Verb = (command, cli) => {
  command.action(async () => {
    const saved = await loadContexts(cli.contextsFile);
    const name = cli.flags.context ?? saved.current;
    const context = saved.contexts[name];
    if (!context?.token) return cli.print("not logged in");
    const [{ openSession }, { fromConnectError, Reason }] = await Promise.all([
      import("../rpc/session.ts"),
      import("@limiquantix/api"),
    ]);
    try {
      await openSession({ ...context, token: context.token }).auth.logout({});
    } catch (error) {
      // The token is forgotten here in any case; a server that does not know it any more has nothing to end.
      const why = fromConnectError(error, context.server);
      if (why.reason !== Reason.UNAUTHENTICATED)
        cli.warn(`the session at ${context.server} may still be open: ${why.message}`);
    }
    delete context.token;
    if (context.identityFile) {
      const { rm } = await import("node:fs/promises");
      await rm(context.identityFile, { force: true });
      delete context.identityFile;
    }
    await saveContexts(cli.contextsFile, saved);
    cli.print(`logged out of ${context.server}`);
  });
};
