import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<provider>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ IdentityProviderSchema }, { getProvider }, { readGroupNames }, { printMessage }, { describeProvider }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-identities.ts"),
        import("../group/names.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
    const [provider, groupName] = await Promise.all([getProvider(session, ref), readGroupNames(session)]);
    await printMessage(cli, IdentityProviderSchema, provider, (it) => describeProvider(it, groupName));
  });
};
