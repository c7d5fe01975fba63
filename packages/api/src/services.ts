import { ClusterService } from "./gen/limiquantix/compute/v1/cluster_service_pb.js";
import { FolderService } from "./gen/limiquantix/compute/v1/folder_service_pb.js";
import { NodeService } from "./gen/limiquantix/compute/v1/node_service_pb.js";
import { SnapshotScheduleService } from "./gen/limiquantix/compute/v1/snapshot_schedule_service_pb.js";
import { VMService } from "./gen/limiquantix/compute/v1/vm_service_pb.js";
import { AuthService } from "./gen/limiquantix/identity/v1/auth_service_pb.js";
import { CertificateService } from "./gen/limiquantix/identity/v1/certificate_service_pb.js";
import { GrantService, RoleService } from "./gen/limiquantix/identity/v1/grant_service_pb.js";
import { GroupService } from "./gen/limiquantix/identity/v1/group_service_pb.js";
import { ProjectService } from "./gen/limiquantix/identity/v1/project_service_pb.js";
import { IdentityProviderService } from "./gen/limiquantix/identity/v1/provider_service_pb.js";
import { UserService } from "./gen/limiquantix/identity/v1/user_service_pb.js";
import { InventoryService } from "./gen/limiquantix/inventory/v1/inventory_service_pb.js";
import { VirtualNetworkService } from "./gen/limiquantix/network/v1/network_service_pb.js";
import { AuditService } from "./gen/limiquantix/ops/v1/audit_service_pb.js";
import { EventService } from "./gen/limiquantix/ops/v1/event_service_pb.js";
import { MetricsService } from "./gen/limiquantix/ops/v1/metrics_service_pb.js";
import { SystemService } from "./gen/limiquantix/ops/v1/system_service_pb.js";
import { TaskService } from "./gen/limiquantix/ops/v1/task_service_pb.js";
import { ImageService } from "./gen/limiquantix/storage/v1/image_service_pb.js";
import { StoragePoolService } from "./gen/limiquantix/storage/v1/pool_service_pb.js";
import { VolumeService } from "./gen/limiquantix/storage/v1/volume_service_pb.js";

/** The services of the public API, for all that goes over every RPC: OpenAPI, reflection, guards. */
export const publicServices = [
  VMService,
  SnapshotScheduleService,
  NodeService,
  ImageService,
  StoragePoolService,
  VolumeService,
  VirtualNetworkService,
  TaskService,
  EventService,
  MetricsService,
  InventoryService,
  AuditService,
  FolderService,
  ClusterService,
  ProjectService,
  AuthService,
  UserService,
  GroupService,
  RoleService,
  GrantService,
  IdentityProviderService,
  CertificateService,
  SystemService,
] as const;
