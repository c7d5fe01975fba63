import "reflect-metadata";
import { createHash, X509Certificate } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import {
  createClient,
  createRouterTransport,
  type Client,
  type Interceptor,
  type Transport,
} from "@connectrpc/connect";
import * as api from "@limiquantix/api";
import { peerKey, type PeerCertificate } from "@limiquantix/control";
import { newId } from "@limiquantix/kit";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import type { CallerName } from "./matrix.ts";

/** A cluster with one of everything in project a or beside all projects, and somebody for each column of the matrix. */
export interface World extends AsyncDisposable {
  sim: Cluster;
  /** The API as seen from another machine: nobody is let in for being here. */
  transport: Transport;
  /** Headers that make a call this caller's; for "logged in anew" where a call ends its own session. */
  headersOf(caller: CallerName): Promise<Record<string, string>>;
  project: string;
  folder: string;
  vm: string;
  schedule: string;
  image: string;
  pool: string;
  volume: string;
  network: string;
  node: string;
  cluster: string;
  task: string;
  person: { id: string; name: string; password: string };
  group: string;
  role: string;
  grant: string;
  provider: string;
  certificate: string;
  csr: string;
  /** An id that nothing has. */
  missing: string;
}

const password = "correct horse battery";

export async function makeWorld(): Promise<World> {
  const sim = await createCluster({ nodes: 1 });
  let transport = remote(sim);
  const as = <S extends DescService>(service: S): Client<S> => sim.client(service);

  const project = await as(api.ProjectService).createProject({ name: "a" });
  const other = await as(api.ProjectService).createProject({ name: "b" });
  const folder = await as(api.FolderService).createFolder({ name: "web", projectId: project.id });
  const cluster = await as(api.ClusterService).createCluster({ name: "east" });
  const created = await as(api.VMService).createVM({
    name: "web-1",
    projectId: project.id,
    folderId: folder.id,
    spec: {},
  });
  await sim.settle();
  const schedule = await as(api.SnapshotScheduleService).createSnapshotSchedule({
    name: "daily",
    projectId: project.id,
    spec: { cron: "0 2 * * *", allVms: true },
  });
  const { image } = await as(api.ImageService).createImage({ name: "golden", projectId: project.id, spec: {} });
  const { pools } = await as(api.StoragePoolService).listPools({});
  const { volumes } = await as(api.VolumeService).listVolumes({ attachedVmId: created.vm?.id ?? "" });
  const { networks } = await as(api.VirtualNetworkService).listNetworks({});
  const group = await as(api.GroupService).createGroup({ name: "staff" });
  const role = await as(api.RoleService).createRole({ name: "starter", privileges: ["vm.power"] });
  const { user } = await as(api.UserService).createUser({ name: "person", password });
  const grant = await as(api.GrantService).createGrant({
    holder: { case: "userId", value: user?.id ?? "" },
    roleId: "vm-user",
    object: { kind: "project", id: project.id },
  });
  const provider = await as(api.IdentityProviderService).createProvider({
    provider: { name: "corp", kind: { case: "oidc", value: { issuer: "https://login.example", clientId: "x" } } },
  });

  const program = await as(api.UserService).createUser({ name: "program", kind: api.User_Kind.SERVICE });
  const auth = createClient(api.AuthService, transport);
  const userId = program.user?.id ?? "";
  const first = { headers: bearer(await login(await newUser("first", "administrator", { kind: "root" }))) };
  const expired = await auth.createToken({ name: "short", userId, expiresInDays: 1 }, first);
  const revoked = await auth.createToken({ name: "revoked", userId, expiresInDays: 30 }, first);
  await auth.revokeToken({ id: revoked.token?.id ?? "" }, first);
  // It has lived its day; everybody else logs in after it. Nothing runs meanwhile: it would do so every second.
  sim.control.kill();
  for (const host of sim.hosts) host.killDaemon();
  await sim.clock.advance(25 * 3600 * 1000);
  await sim.control.start();
  for (const host of sim.hosts) await host.startDaemon();
  await sim.settle();
  transport = remote(sim);

  const roles = new Map<string, string>();
  for (const { id } of api.builtInRoles) roles.set(id, await newUser(`u-${id}`, id, { kind: "root" }));
  roles.set("administrator of a", await newUser("u-a", "administrator", { kind: "project", id: project.id }));
  roles.set("administrator of b", await newUser("u-b", "administrator", { kind: "project", id: other.id }));

  const csr = await newCsr();
  const self = await newHost("ghost-1");
  const stranger = await newHost("ghost-2");

  return {
    sim,
    transport,
    async headersOf(caller) {
      if (caller === "nobody") return {};
      if (caller === "expired token") return bearer(expired.secret);
      if (caller === "revoked token") return bearer(revoked.secret);
      if (caller === "foreign token") return bearer(`lqx_${"A".repeat(43)}`);
      if (caller === "the host itself") return self.headers;
      if (caller === "another host") return stranger.headers;
      return bearer(await login(roles.get(caller) ?? ""));
    },
    project: project.id,
    folder: folder.id,
    vm: created.vm?.id ?? "",
    schedule: schedule.id,
    image: image?.id ?? "",
    pool: pools[0]?.id ?? "",
    volume: volumes[0]?.id ?? "",
    network: networks[0]?.id ?? "",
    node: self.id,
    cluster: cluster.id,
    task: created.task?.id ?? "",
    person: { id: user?.id ?? "", name: "person", password },
    group: group.id,
    role: role.id,
    grant: grant.id,
    provider: provider.id,
    certificate: self.serial,
    csr,
    missing: newId(),
    [Symbol.asyncDispose]: () => sim.stop(),
  };

  async function newUser(name: string, roleId: string, object: { kind: string; id?: string }): Promise<string> {
    const made = await as(api.UserService).createUser({ name, password: `${password} given` });
    const holder = { case: "userId", value: made.user?.id ?? "" } as const;
    await as(api.GrantService).createGrant({ holder, roleId, object });
    const headers = bearer(await login(name, `${password} given`));
    const change = { oldPassword: `${password} given`, newPassword: password };
    await createClient(api.AuthService, transport).changePassword(change, { headers });
    return name;
  }

  async function login(username: string, secret = password): Promise<string> {
    const { token } = await createClient(api.AuthService, transport).login({ username, password: secret });
    return token;
  }

  async function newHost(hostname: string) {
    const request = { hostname, machineId: `${hostname}-machine`, agentEndpoint: "http://192.0.2.9:9090", csrPem: csr };
    const { node, nodeToken, certificatePem } = await as(api.NodeService).registerNode(request);
    const certificate = new X509Certificate(certificatePem);
    const serial = certificate.serialNumber.toLowerCase();
    const shown: PeerCertificate = {
      serial,
      fingerprint: createHash("sha256").update(certificate.raw).digest("hex"),
      uris: [`urn:limiquantix:node:${node?.id}`],
    };
    return {
      id: node?.id ?? "",
      serial,
      headers: { ...bearer(nodeToken), [certificateHeader]: JSON.stringify(shown) },
    };
  }
}

/** In place of TLS, which is tried elsewhere: what the server saw of the client's certificate. */
const certificateHeader = "x-test-certificate";

function remote(sim: Cluster): Transport {
  const { controlPlane } = sim.control;
  const fromElsewhere: Interceptor = (next) => (request) => {
    const shown = request.header.get(certificateHeader);
    const certificate = shown ? (JSON.parse(shown) as PeerCertificate) : undefined;
    request.contextValues.set(peerKey, { address: "192.0.2.1", loopback: false, certificate });
    return next(request);
  };
  return createRouterTransport((router) => controlPlane.routes(router), {
    router: { interceptors: [fromElsewhere, ...controlPlane.interceptors] },
  });
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function newCsr(): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = { name: "CN=ghost", keys, signingAlgorithm: algorithm };
  return (await Pkcs10CertificateRequestGenerator.create(request)).toString("pem");
}
