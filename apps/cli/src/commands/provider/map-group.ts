import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface MapFlags extends MutationFlags {
  remove?: boolean;
}

export const mapGroup: Verb = (command, cli) => {
  command
    .argument("<provider>", "name or id")
    .argument("<external>", "the group there: the claim's value, or its DN or cn")
    .argument("<group>", "the group here, name or id")
    .option("--remove", "no longer");
  addChangeFlags(command)
    .addHelpText("after", "\nIn force at the next login of each.")
    .action(async (ref: string, external: string, groupRef: string, flags: MapFlags) => {
      const session = await cli.connect();
      const [{ IdentityProviderSchema }, { getGroup, getProvider }, { printDone }, { UsageError }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve-identities.ts"),
        import("../../output/done.ts"),
        import("../../usage-error.ts"),
      ]);
      const [provider, group] = await Promise.all([getProvider(session, ref), getGroup(session, groupRef)]);
      const others = provider.groupMappings.filter((it) => it.external !== external || it.groupId !== group.id);
      if (flags.remove && others.length === provider.groupMappings.length)
        throw new UsageError(`${external} is not mapped to ${group.name}`, `See: lqx provider get ${provider.name}`);
      const answer = await session.providers.updateProvider({
        id: provider.id,
        provider: {
          name: provider.name,
          displayName: provider.displayName,
          disabled: provider.disabled,
          kind: provider.kind,
          groupMappings: flags.remove ? others : [...others, { external, groupId: group.id }],
        },
        updateMask: { paths: ["group_mappings"] },
        revision: provider.revision,
        ...mutation(flags),
      });
      const say = flags.remove ? "are no longer put into" : "are put into";
      const describe = () => `members of ${external} ${say} ${group.name}`;
      await printDone(cli, { schema: IdentityProviderSchema, answers: [answer], flags, describe });
    });
};
