import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  AuditService,
  AuthService,
  CertificateService,
  ClusterService,
  EventService,
  FolderService,
  GrantService,
  GroupService,
  IdentityProviderService,
  ImageService,
  MetricsService,
  NodeService,
  ProjectService,
  RoleService,
  SnapshotScheduleService,
  StoragePoolService,
  SystemService,
  TaskService,
  UserService,
  VirtualNetworkService,
  VMService,
  VolumeService,
} from "@limiquantix/api";
import manifest from "../../package.json" with { type: "json" };
import type { Endpoint } from "../contexts.ts";
import { tlsOptions } from "./tls.ts";

/** A client for each service of one control plane. */
export interface Session {
  readonly server: string;
  readonly auth: Client<typeof AuthService>;
  readonly users: Client<typeof UserService>;
  readonly groups: Client<typeof GroupService>;
  readonly roles: Client<typeof RoleService>;
  readonly grants: Client<typeof GrantService>;
  readonly projects: Client<typeof ProjectService>;
  readonly providers: Client<typeof IdentityProviderService>;
  readonly certificates: Client<typeof CertificateService>;
  readonly audit: Client<typeof AuditService>;
  readonly vms: Client<typeof VMService>;
  readonly schedules: Client<typeof SnapshotScheduleService>;
  readonly folders: Client<typeof FolderService>;
  readonly clusters: Client<typeof ClusterService>;
  readonly nodes: Client<typeof NodeService>;
  readonly images: Client<typeof ImageService>;
  readonly pools: Client<typeof StoragePoolService>;
  readonly volumes: Client<typeof VolumeService>;
  readonly networks: Client<typeof VirtualNetworkService>;
  readonly tasks: Client<typeof TaskService>;
  readonly events: Client<typeof EventService>;
  readonly metrics: Client<typeof MetricsService>;
  readonly system: Client<typeof SystemService>;
}

/** HTTP/1.1, because it passes every proxy; streams in one direction, which is all that the API has, work over it. */
export function openSession(endpoint: Endpoint): Session {
  const { server, token } = endpoint;
  const transport = createConnectTransport({
    baseUrl: server,
    httpVersion: "1.1",
    useBinaryFormat: true,
    interceptors: [headers(token)],
    ...(server.startsWith("https:") ? { nodeOptions: tlsOptions(endpoint) } : {}),
  });
  return {
    server,
    auth: createClient(AuthService, transport),
    users: createClient(UserService, transport),
    groups: createClient(GroupService, transport),
    roles: createClient(RoleService, transport),
    grants: createClient(GrantService, transport),
    projects: createClient(ProjectService, transport),
    providers: createClient(IdentityProviderService, transport),
    certificates: createClient(CertificateService, transport),
    audit: createClient(AuditService, transport),
    vms: createClient(VMService, transport),
    schedules: createClient(SnapshotScheduleService, transport),
    folders: createClient(FolderService, transport),
    clusters: createClient(ClusterService, transport),
    nodes: createClient(NodeService, transport),
    images: createClient(ImageService, transport),
    pools: createClient(StoragePoolService, transport),
    volumes: createClient(VolumeService, transport),
    networks: createClient(VirtualNetworkService, transport),
    tasks: createClient(TaskService, transport),
    events: createClient(EventService, transport),
    metrics: createClient(MetricsService, transport),
    system: createClient(SystemService, transport),
  };
}

/** Who we are, and with what: a list of sessions shows the latter. */
function headers(token: string | undefined): Interceptor {
  return (next) => (request) => {
    request.header.set("User-Agent", `lqx/${manifest.version}`);
    if (token) request.header.set("Authorization", `Bearer ${token}`);
    return next(request);
  };
}
