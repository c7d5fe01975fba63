import type { Cli } from "../cli.ts";
import type { Session } from "../rpc/session.ts";

/** Nobody waits longer for a Tab. */
const timeoutMs = 1500;
const pageSize = 1000;

/** What a placeholder in a usage line stands for is what can be completed there: `<vm>`, `<node>`, `<image>`. */
const sources: Readonly<Record<string, (session: Session, operands: readonly string[]) => Promise<string[]>>> = {
  vm: async (session) => (await session.vms.listVMs({ pageSize }, { timeoutMs })).vms.map((vm) => vm.name),
  node: async (session) =>
    (await session.nodes.listNodes({ pageSize }, { timeoutMs })).nodes.map((node) => node.hostname),
  image: async (session) =>
    (await session.images.listImages({ pageSize }, { timeoutMs })).images.map((image) => image.name),
  template: async (session) =>
    (await session.vms.listVMs({ pageSize }, { timeoutMs })).vms.flatMap((vm) => (vm.isTemplate ? vm.name : [])),
  "recycled-vm": async (session) =>
    (await session.vms.listRecycledVMs({ pageSize }, { timeoutMs })).vms.map(({ vm }) => vm?.name ?? ""),
  pool: async (session) => poolWords(session),
  volume: async (session) =>
    (await session.volumes.listVolumes({ pageSize }, { timeoutMs })).volumes.map((volume) => volume.name),
  "recycled-volume": async (session) =>
    (await session.volumes.listVolumes({ pageSize, recycled: true }, { timeoutMs })).volumes.flatMap((volume) =>
      volume.deletedAt ? volume.name : [],
    ),
  snapshot: async (session, [owner = ""]) => snapshotWords(session, owner),
  schedule: async (session) =>
    (await session.schedules.listSnapshotSchedules({ pageSize }, { timeoutMs })).schedules.map(({ name }) => name),
  network: async (session) =>
    (await session.networks.listNetworks({ pageSize }, { timeoutMs })).networks.map((network) => network.name),
  task: async (session) =>
    (await session.tasks.listTasks({ pageSize: 50 }, { timeoutMs })).tasks.map((task) => task.id),
  cluster: async (session) =>
    (await session.clusters.listClusters({ pageSize }, { timeoutMs })).clusters.map((cluster) => cluster.name),
  project: async (session) =>
    (await session.projects.listProjects({ pageSize }, { timeoutMs })).projects.map((project) => project.name),
  folder: async (session) =>
    (await session.folders.listFolders({ pageSize }, { timeoutMs })).folders.map((folder) => folder.name),
  user: async (session) => (await session.users.listUsers({ pageSize }, { timeoutMs })).users.map((user) => user.name),
  group: async (session) =>
    (await session.groups.listGroups({ pageSize }, { timeoutMs })).groups.map((group) => group.name),
  role: async (session) => (await session.roles.listRoles({}, { timeoutMs })).roles.map((role) => role.name),
  privilege: async (session) =>
    (await session.roles.listPrivileges({}, { timeoutMs })).privileges.map((privilege) => privilege.name),
  grant: async (session) =>
    (await session.grants.listGrants({ pageSize }, { timeoutMs })).grants.map((grant) => grant.id),
  provider: async (session) =>
    (await session.providers.listProviders({}, { timeoutMs })).providers.map((provider) => provider.name),
  certificate: async (session) =>
    (await session.certificates.listCertificates({ pageSize }, { timeoutMs })).certificates.map(({ id }) => id),
  factor: async (session) => (await session.auth.listFactors({}, { timeoutMs })).factors.map((factor) => factor.name),
  session: async (session) => (await tokensOf(session, "session")).map(({ id }) => id),
  token: async (session) => (await tokensOf(session, "token")).map(({ name, id }) => name || id),
  "catalog-id": async (session) =>
    (await session.images.getImageCatalog({}, { timeoutMs })).entries.map((entry) => entry.id),
};

/** Names of what exists. A server that cannot be asked means no suggestions, not an error in the middle of a prompt. */
export async function namesOf(cli: Cli, placeholder: string, operands: readonly string[] = []): Promise<string[]> {
  const source = sources[placeholder];
  if (placeholder === "context") {
    const { loadContexts } = await import("../contexts.ts");
    return Object.keys((await loadContexts(cli.contextsFile)).contexts);
  }
  if (placeholder === "object") return objectWords(cli);
  if (!source) return [];
  try {
    return await source(await cli.connect(), operands);
  } catch {
    return [];
  }
}

async function tokensOf(session: Session, what: "session" | "token") {
  const { readTokens } = await import("../commands/token/read.ts");
  return readTokens(session, what);
}

/** `fast`, and `hv-1/local` where each host has a `local`. */
async function poolWords(session: Session): Promise<string[]> {
  const [{ pools }, { nodes }, { poolNames }] = await Promise.all([
    session.pools.listPools({ pageSize }, { timeoutMs }),
    session.nodes.listNodes({ pageSize }, { timeoutMs }),
    import("../rpc/resolve-pool.ts"),
  ]);
  const hosts = new Map(nodes.map(({ id, hostname }) => [id, hostname]));
  const nameOf = poolNames(pools, (id) => hosts.get(id) ?? id);
  return pools.map(({ id }) => nameOf(id));
}

/** Of the VM that stands before it. */
async function snapshotWords(session: Session, vm: string): Promise<string[]> {
  const { id } = await session.vms.getVM({ id: vm }, { timeoutMs });
  return (await session.vms.listSnapshots({ vmId: id }, { timeoutMs })).snapshots.map(({ name }) => name);
}

/** `project/web`, `vm/web-1`: what `--on` takes. What one may not list is left out. */
async function objectWords(cli: Cli): Promise<string[]> {
  const { objectKinds } = await import("../rpc/resolve-object.ts");
  const words = await Promise.all(
    objectKinds.map(async (kind) => (await namesOf(cli, kind)).map((name) => `${kind}/${name}`)),
  );
  return ["root", ...words.flat()];
}
