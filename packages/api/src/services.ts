import { NodeService } from "./gen/limiquantix/compute/v1/node_service_pb.js";
import { VMService } from "./gen/limiquantix/compute/v1/vm_service_pb.js";
import { AuthService } from "./gen/limiquantix/identity/v1/auth_service_pb.js";
import { VirtualNetworkService } from "./gen/limiquantix/network/v1/network_service_pb.js";
import { EventService } from "./gen/limiquantix/ops/v1/event_service_pb.js";
import { SystemService } from "./gen/limiquantix/ops/v1/system_service_pb.js";
import { TaskService } from "./gen/limiquantix/ops/v1/task_service_pb.js";
import { ImageService } from "./gen/limiquantix/storage/v1/image_service_pb.js";
import { StoragePoolService } from "./gen/limiquantix/storage/v1/pool_service_pb.js";

/** The services of the public API, for all that goes over every RPC: OpenAPI, reflection, guards. */
export const publicServices = [
  VMService,
  NodeService,
  ImageService,
  StoragePoolService,
  VirtualNetworkService,
  TaskService,
  EventService,
  AuthService,
  SystemService,
] as const;
