import { readFileSync } from "node:fs";
import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  AuthService,
  EventService,
  ImageService,
  NodeService,
  StoragePoolService,
  SystemService,
  TaskService,
  VirtualNetworkService,
  VMService,
} from "@limiquantix/api";
import type { Endpoint } from "../contexts.ts";
import { UsageError } from "../usage-error.ts";

/** A client for each service of one control plane. */
export interface Session {
  readonly server: string;
  readonly auth: Client<typeof AuthService>;
  readonly vms: Client<typeof VMService>;
  readonly nodes: Client<typeof NodeService>;
  readonly images: Client<typeof ImageService>;
  readonly pools: Client<typeof StoragePoolService>;
  readonly networks: Client<typeof VirtualNetworkService>;
  readonly tasks: Client<typeof TaskService>;
  readonly events: Client<typeof EventService>;
  readonly system: Client<typeof SystemService>;
}

/** HTTP/1.1, because it passes every proxy; streams in one direction, which is all that the API has, work over it. */
export function openSession({ server, token, caFile }: Endpoint): Session {
  const transport = createConnectTransport({
    baseUrl: server,
    httpVersion: "1.1",
    useBinaryFormat: true,
    interceptors: token ? [bearer(token)] : [],
    ...(caFile ? { nodeOptions: { ca: readAuthority(caFile) } } : {}),
  });
  return {
    server,
    auth: createClient(AuthService, transport),
    vms: createClient(VMService, transport),
    nodes: createClient(NodeService, transport),
    images: createClient(ImageService, transport),
    pools: createClient(StoragePoolService, transport),
    networks: createClient(VirtualNetworkService, transport),
    tasks: createClient(TaskService, transport),
    events: createClient(EventService, transport),
    system: createClient(SystemService, transport),
  };
}

function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("Authorization", `Bearer ${token}`);
    return next(request);
  };
}

export function readAuthority(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(
      `the authority's certificate cannot be read: ${(error as Error).message}`,
      "Log in again with --ca FILE.",
    );
  }
}
