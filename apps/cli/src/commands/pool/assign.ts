import type { Command } from "commander";
import type { PoolTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import type { Verb } from "../verb.ts";

interface AssignFlags extends MutationFlags {
  allNodes?: boolean;
}

interface AssignCall {
  poolId: string;
  nodeId: string;
  dryRun: boolean;
  idempotencyKey: string;
}

export const assign: Verb = (command, cli) =>
  assignVerb(command.option("--all-nodes", "every host of now"), cli, {
    action: "assign",
    call: (session, request) => session.pools.assignPoolToNode(request),
  });

export const unassign: Verb = (command, cli) =>
  assignVerb(command, cli, {
    action: "unassign",
    call: (session, request) => session.pools.unassignPoolFromNode(request),
  });

function assignVerb(
  command: Command,
  cli: Cli,
  { action, call }: { action: string; call: (session: Session, request: AssignCall) => Promise<PoolTaskResponse> },
): void {
  command.argument("<pool>", "name or id").argument("[node...]", "hosts, by name or id");
  addMutationFlags(command).action(async (ref: string, node: string[], flags: AssignFlags) => {
    const session = await cli.connect();
    const [{ getPool }, { readHosts }, { finishPools }, { UsageError }] = await Promise.all([
      import("../../rpc/resolve-pool.ts"),
      import("./hosts.ts"),
      import("./finish-pools.ts"),
      import("../../usage-error.ts"),
    ]);
    const [pool, hosts] = await Promise.all([
      getPool(session, ref),
      readHosts(session, { node, allNodes: flags.allNodes ?? false }),
    ]);
    if (hosts.length === 0) throw new UsageError("no host is named", `Write: lqx pool ${action} ${pool.name} HOST.`);
    const answers: PoolTaskResponse[] = [];
    for (const { id } of hosts) answers.push(await call(session, { poolId: pool.id, nodeId: id, ...mutation(flags) }));
    await finishPools(cli, answers, { session, flags, action });
  });
}
