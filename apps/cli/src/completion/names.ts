import type { Cli } from "../cli.ts";
import type { Session } from "../rpc/session.ts";

/** Nobody waits longer for a Tab. */
const timeoutMs = 1500;
const pageSize = 1000;

/** What a placeholder in a usage line stands for is what can be completed there: `<vm>`, `<node>`, `<image>`. */
const sources: Readonly<Record<string, (session: Session) => Promise<string[]>>> = {
  vm: async (session) => (await session.vms.listVMs({ pageSize }, { timeoutMs })).vms.map((vm) => vm.name),
  node: async (session) =>
    (await session.nodes.listNodes({ pageSize }, { timeoutMs })).nodes.map((node) => node.hostname),
  image: async (session) =>
    (await session.images.listImages({ pageSize }, { timeoutMs })).images.map((image) => image.name),
  pool: async (session) => (await session.pools.listPools({ pageSize }, { timeoutMs })).pools.map((pool) => pool.name),
  network: async (session) =>
    (await session.networks.listNetworks({ pageSize }, { timeoutMs })).networks.map((network) => network.name),
  task: async (session) =>
    (await session.tasks.listTasks({ pageSize: 50 }, { timeoutMs })).tasks.map((task) => task.id),
  token: async (session) => (await session.auth.listTokens({}, { timeoutMs })).tokens.map((token) => token.name),
  "catalog-id": async (session) =>
    (await session.images.getImageCatalog({}, { timeoutMs })).entries.map((entry) => entry.id),
};

/** Names of what exists. A server that cannot be asked means no suggestions, not an error in the middle of a prompt. */
export async function namesOf(cli: Cli, placeholder: string): Promise<string[]> {
  const source = sources[placeholder];
  if (placeholder === "context") {
    const { loadContexts } = await import("../contexts.ts");
    return Object.keys((await loadContexts(cli.contextsFile)).contexts);
  }
  if (!source) return [];
  try {
    return await source(await cli.connect());
  } catch {
    return [];
  }
}
