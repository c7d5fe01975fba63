import type { Command } from "commander";
import type { Cli } from "../../../cli.ts";
import { mutation } from "../../../tasks/flags.ts";
import { addAddFlags, type AddFlags } from "../flags.ts";
import type { PoolConfig } from "../spec.ts";

/** What a pool is made of, by its flags and the word after its name, where there is one. */
export type ConfigReader<Flags> = (flags: Flags, source: string) => Promise<PoolConfig>;

/** The shape that all kinds share: hosts and whose it is, and what it is made of. */
export function addVerb<Flags extends object>(
  command: Command,
  cli: Cli,
  readConfig: ConfigReader<Flags>,
  source?: { name: string; about: string },
): void {
  command.argument("<name>", "what it is to be called");
  if (source) command.argument(`<${source.name}>`, source.about);
  addAddFlags(command).action(async (name: string, ...given: unknown[]) => {
    const flags = given.at(-2) as Flags & AddFlags;
    const config = await readConfig(flags, typeof given[0] === "string" ? given[0] : "");
    const session = await cli.connect();
    const [{ readHosts }, { getPlace }, { finishPools }, { thresholdsFrom }] = await Promise.all([
      import("../hosts.ts"),
      import("../../../rpc/resolve-folder.ts"),
      import("../finish-pools.ts"),
      import("../spec.ts"),
    ]);
    const [hosts, { projectId }] = await Promise.all([
      readHosts(session, flags),
      getPlace(session, { project: flags.project }),
    ]);
    const thresholds = thresholdsFrom(undefined, flags);
    const answer = await session.pools.createPool({
      name,
      projectId,
      labels: flags.label ?? {},
      description: flags.description ?? "",
      spec: { assignedNodeIds: hosts.map(({ id }) => id), config, ...(thresholds ? { thresholds } : {}) },
      ...mutation(flags),
    });
    await finishPools(cli, [answer], { session, flags, action: "add" });
    if (hosts.length === 0 && !flags.dryRun) cli.note(`no host opens it yet: lqx pool assign ${name} HOST`);
  });
}
