/**
 * Who may call what: a column for each caller, a cell for each pair, all of them asserted.
 *
 *   +  carried out, or refused for a reason that has nothing to do with who calls
 *   f  carried out, and shows nothing that the caller may not see
 *   h  "there is no such thing": the caller may not know of it
 *   d  denied by name: the caller may see it and not do this, or it is nothing that is hidden
 *   -  not signed in
 */
export const callers = [
  "nobody",
  // The built-in roles, each on the root.
  "administrator",
  "operator",
  "vm-user",
  "consumer",
  "read-only",
  "auditor",
  // Administrator of project a, which the requests are about, and of project b, which they are not.
  "administrator of a",
  "administrator of b",
  "expired token",
  "revoked token",
  "foreign token",
  "another host",
  "the host itself",
] as const;

// What needs a storage pool is denied to the administrator of a project who was given none to use: the pool is shared.

export type CallerName = (typeof callers)[number];
export type Cell = "+" | "f" | "h" | "d" | "-";

export const matrix: Record<string, string> = {
  // VMService
  "VMService.CreateVM": "- + + h h d d + h - - - d d",
  "VMService.GetVM": "- + + + h + + + h - - - d d",
  "VMService.ListVMs": "- + + + f + + + f - - - d d",
  "VMService.UpdateVM": "- + + d h d d + h - - - d d",
  "VMService.DeleteVM": "- + + d h d d + h - - - d d",
  "VMService.CloneVM": "- + + d h d d h h - - - d d",
  "VMService.ListRecycledVMs": "- + + + + + + + + - - - d d",
  "VMService.PurgeVM": "- + + d h d d + h - - - d d",
  "VMService.RestoreVM": "- + + d h d d + h - - - d d",
  "VMService.ConvertToTemplate": "- + + d h d d + h - - - d d",
  "VMService.ConvertToVM": "- + + d h d d + h - - - d d",
  "VMService.CreateSnapshot": "- + + d h d d + h - - - d d",
  "VMService.ListSnapshots": "- + + + h + + + h - - - d d",
  "VMService.RevertToSnapshot": "- + + d h d d + h - - - d d",
  "VMService.UpdateSnapshot": "- + + d h d d + h - - - d d",
  "VMService.DeleteSnapshot": "- + + d h d d + h - - - d d",
  "VMService.AdoptVM": "- + + d h d d + h - - - d d",
  "VMService.StartVM": "- + + + h d d + h - - - d d",
  "VMService.StopVM": "- + + + h d d + h - - - d d",
  "VMService.RebootVM": "- + + + h d d + h - - - d d",
  "VMService.PauseVM": "- + + + h d d + h - - - d d",
  "VMService.ResumeVM": "- + + + h d d + h - - - d d",
  "VMService.SuspendVM": "- + + + h d d + h - - - d d",
  "VMService.AttachDisk": "- + + d h d d d h - - - d d",
  "VMService.DetachDisk": "- + + d h d d + h - - - d d",
  "VMService.ResizeDisk": "- + + d h d d + h - - - d d",
  "VMService.AttachNIC": "- + + d h d d + h - - - d d",
  "VMService.DetachNIC": "- + + d h d d + h - - - d d",
  "VMService.MountISO": "- + + + h d d + h - - - d d",
  "VMService.EjectISO": "- + + + h d d + h - - - d d",
  "VMService.GetConsole": "- + + + h d d + h - - - d d",
  "VMService.GetScreenshot": "- + + + h d d + h - - - d d",
  "VMService.WatchConsoleSessions": "- + + + h d d + h - - - d d",
  "VMService.CreateConsoleLink": "- + + + h d d + h - - - d d",
  "VMService.ListConsoleLinks": "- + + + h d d + h - - - d d",
  "VMService.RevokeConsoleLink": "- + + + h d d + h - - - d d",
  "VMService.OpenConsoleLink": "+ + + + + + + + + - - - + +",
  "VMService.WhyNot": "- + + + h + + + h - - - d d",
  "VMService.ListVMEvents": "- + + + h + + + h - - - d d",
  "VMService.WatchVM": "- + + + h + + + h - - - d d",
  "VMService.WatchVMs": "- + + + f + + + f - - - d d",
  "VMService.StreamMetrics": "- + + + h + + + h - - - d d",

  // SnapshotScheduleService
  "SnapshotScheduleService.CreateSnapshotSchedule": "- + + h h d d + h - - - d d",
  "SnapshotScheduleService.GetSnapshotSchedule": "- + + h h + + + h - - - d d",
  "SnapshotScheduleService.ListSnapshotSchedules": "- + + f f + + + f - - - d d",
  "SnapshotScheduleService.UpdateSnapshotSchedule": "- + + h h d d + h - - - d d",
  "SnapshotScheduleService.DeleteSnapshotSchedule": "- + + h h d d + h - - - d d",
  "SnapshotScheduleService.RunSnapshotSchedule": "- + + h h d d + h - - - d d",
  "SnapshotScheduleService.PreviewSnapshotSchedule": "- + + + + + + + + - - - d d",
  "SnapshotScheduleService.WatchSnapshotSchedules": "- + + f f + + + f - - - d d",

  // NodeService
  "NodeService.RegisterNode": "+ d d d d d d d d - - - d d",
  "NodeService.UpdateHeartbeat": "- d d d d d d d d - - - d +",
  "NodeService.SyncFullState": "- d d d d d d d d - - - d +",
  "NodeService.CreateJoinToken": "- + d d d d d d d - - - d d",
  "NodeService.GetNode": "- + + h h + + h h - - - d d",
  "NodeService.ListNodes": "- + + f f + + f f - - - d d",
  "NodeService.UpdateNode": "- + + h h d d h h - - - d d",
  "NodeService.UpdateLabels": "- + + h h d d h h - - - d d",
  "NodeService.AddTaint": "- + + h h d d h h - - - d d",
  "NodeService.RemoveTaint": "- + + h h d d h h - - - d d",
  "NodeService.EnableNode": "- + + h h d d h h - - - d d",
  "NodeService.DisableNode": "- + + h h d d h h - - - d d",
  "NodeService.DrainNode": "- + + h h d d h h - - - d d",
  "NodeService.DecommissionNode": "- + d h h d d h h - - - d d",
  "NodeService.GetNodeMetrics": "- + + h h + + h h - - - d d",
  "NodeService.ListNodeEvents": "- + + + h + + h h - - - d d",
  "NodeService.WatchNode": "- + + h h + + h h - - - d d",
  "NodeService.WatchNodes": "- + + f f + + f f - - - d d",
  "NodeService.StreamNodeMetrics": "- + + h h + + h h - - - d d",

  // ImageService
  "ImageService.CreateImage": "- + + h h d d d h - - - d d",
  "ImageService.UploadImage": "- + + d d d d + h - - - d d",
  "ImageService.GetUploadOffset": "- + + d d d d + h - - - d d",
  "ImageService.ImportImage": "- + + h h d d d h - - - d d",
  "ImageService.DownloadImage": "- + + h h d d d h - - - d d",
  "ImageService.GetImage": "- + + + + + + + h - - - d d",
  "ImageService.ListImages": "- + + + + + + + f - - - d d",
  "ImageService.UpdateImage": "- + + d d d d + h - - - d d",
  "ImageService.DeleteImage": "- + + d d d d + h - - - d d",
  "ImageService.GetImageCatalog": "- + + + + + + + + - - - d d",
  "ImageService.WatchImages": "- + + + + + + + f - - - d d",

  // StoragePoolService
  "StoragePoolService.GetPool": "- + + h + + + h h - - - d d",
  "StoragePoolService.ListPools": "- + + f + + + f f - - - d d",
  "StoragePoolService.CreatePool": "- + d h h d d + h - - - d d",
  "StoragePoolService.UpdatePool": "- + + h d d d h h - - - d d",
  "StoragePoolService.DeletePool": "- + d h d d d h h - - - d d",
  "StoragePoolService.ReconnectPool": "- + + h d d d h h - - - d d",
  "StoragePoolService.AssignPoolToNode": "- + + h d d d h h - - - d d",
  "StoragePoolService.UnassignPoolFromNode": "- + + h d d d h h - - - d d",
  "StoragePoolService.ListPoolFiles": "- + + h + + + h h - - - d d",
  "StoragePoolService.WatchPools": "- + + f + + + f f - - - d d",

  // VolumeService
  "VolumeService.CreateVolume": "- + + h h d d h h - - - d d",
  "VolumeService.GetVolume": "- + + h h + + + h - - - d d",
  "VolumeService.ListVolumes": "- + + f f + + + f - - - d d",
  "VolumeService.UpdateVolume": "- + + h h d d + h - - - d d",
  "VolumeService.DeleteVolume": "- + + h h d d + h - - - d d",
  "VolumeService.RestoreVolume": "- + + h h d d + h - - - d d",
  "VolumeService.ResizeVolume": "- + + h h d d h h - - - d d",
  "VolumeService.AttachVolume": "- + + h h d d + h - - - d d",
  "VolumeService.DetachVolume": "- + + h h d d + h - - - d d",
  "VolumeService.CloneVolume": "- + + h h d d h h - - - d d",
  "VolumeService.MoveVolume": "- + + h h d d h h - - - d d",
  "VolumeService.WatchVolumes": "- + + f f + + + f - - - d d",

  // VirtualNetworkService
  "VirtualNetworkService.GetNetwork": "- + + h + + + h h - - - d d",
  "VirtualNetworkService.ListNetworks": "- + + f + + + f f - - - d d",
  "VirtualNetworkService.ListLeases": "- + + h + + + h h - - - d d",

  // TaskService
  "TaskService.GetTask": "- + + + h + + + h - - - d d",
  "TaskService.ListTasks": "- + + + f + + + f - - - d d",
  "TaskService.CancelTask": "- + + d h d d + h - - - d d",
  "TaskService.WatchTasks": "- + + + f + + + f - - - d d",

  // EventService
  "EventService.ListEvents": "- + + + f + + + f - - - d d",
  "EventService.WatchEvents": "- + + + f + + + f - - - d d",

  // MetricsService
  "MetricsService.QueryMetrics": "- + + + h + + + h - - - d d",
  "MetricsService.WatchMetrics": "- + + + h + + + h - - - d d",
  // What it shows to whom is in packages/control/src/metrics/metrics.test.ts: its ids are bytes.
  "MetricsService.WatchLoads": "- + + + + + + + + - - - d d",

  // InventoryService
  "InventoryService.WatchInventory": "- + + + + + + + f - - - d d",

  // AuditService
  "AuditService.ListAudit": "- + d d d d + d d - - - d d",
  "AuditService.ExportAudit": "- + d d d d + d d - - - d d",
  "AuditService.VerifyAudit": "- + d d d d + d d - - - d d",

  // FolderService
  "FolderService.CreateFolder": "- + + h h d d + h - - - d d",
  "FolderService.GetFolder": "- + + + h + + + h - - - d d",
  "FolderService.ListFolders": "- + + + f + + + f - - - d d",
  "FolderService.UpdateFolder": "- + + d h d d + h - - - d d",
  "FolderService.DeleteFolder": "- + + d h d d + h - - - d d",
  "FolderService.GetFolderTree": "- + + + f + + + f - - - d d",
  "FolderService.WatchFolders": "- + + + f + + + f - - - d d",

  // ClusterService
  "ClusterService.CreateCluster": "- + d d d d d d d - - - d d",
  "ClusterService.GetCluster": "- + + h h + + h h - - - d d",
  "ClusterService.ListClusters": "- + + f f + + f f - - - d d",
  "ClusterService.UpdateCluster": "- + + h h d d h h - - - d d",
  "ClusterService.DeleteCluster": "- + d h h d d h h - - - d d",
  "ClusterService.MoveNode": "- + + h h d d h h - - - d d",
  "ClusterService.WatchClusters": "- + + f f + + f f - - - d d",

  // ProjectService
  "ProjectService.CreateProject": "- + d d d d d d d - - - d d",
  "ProjectService.GetProject": "- + + h h + + + h - - - d d",
  "ProjectService.ListProjects": "- + + f f + + + f - - - d d",
  "ProjectService.UpdateProject": "- + d h h d d + h - - - d d",
  "ProjectService.DeleteProject": "- + d h h d d + h - - - d d",
  "ProjectService.WatchProjects": "- + + f f + + + f - - - d d",

  // AuthService
  "AuthService.ListLoginMethods": "+ + + + + + + + + - - - + +",
  "AuthService.Login": "+ + + + + + + + + - - - + +",
  "AuthService.FinishLogin": "+ + + + + + + + + - - - + +",
  "AuthService.StartPasskeyLogin": "+ + + + + + + + + - - - + +",
  "AuthService.StartOidcLogin": "+ + + + + + + + + - - - + +",
  "AuthService.Logout": "- + + + + + + + + - - - d d",
  "AuthService.WhoAmI": "- + + + + + + + + - - - d d",
  "AuthService.ChangePassword": "- + + + + + + + + - - - d d",
  "AuthService.CreateToken": "- + + + + + + + + - - - d d",
  "AuthService.ListTokens": "- + + + + + + + + - - - d d",
  "AuthService.RevokeToken": "- + + + + + + + + - - - d d",
  "AuthService.ListFactors": "- + + + + + + + + - - - d d",
  "AuthService.StartTotp": "- + + + + + + + + - - - d d",
  "AuthService.ConfirmTotp": "- + + + + + + + + - - - d d",
  "AuthService.StartPasskey": "- + + + + + + + + - - - d d",
  "AuthService.ConfirmPasskey": "- + + + + + + + + - - - d d",
  "AuthService.RemoveFactor": "- + + + + + + + + - - - d d",

  // UserService
  "UserService.CreateUser": "- + d d d d d d d - - - d d",
  "UserService.GetUser": "- + d d d d + d d - - - d d",
  "UserService.ListUsers": "- + d d d d + d d - - - d d",
  "UserService.UpdateUser": "- + d d d d d d d - - - d d",
  "UserService.DeleteUser": "- + d d d d d d d - - - d d",
  "UserService.ResetPassword": "- + d d d d d d d - - - d d",
  "UserService.ResetFactors": "- + d d d d d d d - - - d d",
  "UserService.GetLoginPolicy": "- + d d d d + d d - - - d d",
  "UserService.UpdateLoginPolicy": "- + d d d d d d d - - - d d",

  // GroupService
  "GroupService.CreateGroup": "- + d d d d d d d - - - d d",
  "GroupService.GetGroup": "- + d d d d + d d - - - d d",
  "GroupService.ListGroups": "- + d d d d + d d - - - d d",
  "GroupService.UpdateGroup": "- + d d d d d d d - - - d d",
  "GroupService.DeleteGroup": "- + d d d d d d d - - - d d",
  "GroupService.AddGroupMember": "- + d d d d d d d - - - d d",
  "GroupService.RemoveGroupMember": "- + d d d d d d d - - - d d",

  // RoleService
  "RoleService.ListPrivileges": "- + + + + + + + + - - - d d",
  "RoleService.CreateRole": "- + d d d d d d d - - - d d",
  "RoleService.GetRole": "- + + + + + + + + - - - d d",
  "RoleService.ListRoles": "- + + + + + + + + - - - d d",
  "RoleService.UpdateRole": "- + d d d d d d d - - - d d",
  "RoleService.DeleteRole": "- + d d d d d d d - - - d d",

  // GrantService
  "GrantService.CreateGrant": "- + d h h d d + h - - - d d",
  "GrantService.ListGrants": "- + f f f f + + f - - - d d",
  "GrantService.DeleteGrant": "- + h h h h d + h - - - d d",
  "GrantService.CanI": "- + + + + + + + + - - - d d",

  // IdentityProviderService
  "IdentityProviderService.CreateProvider": "- + d d d d d d d - - - d d",
  "IdentityProviderService.GetProvider": "- + d d d d + d d - - - d d",
  "IdentityProviderService.ListProviders": "- + d d d d + d d - - - d d",
  "IdentityProviderService.UpdateProvider": "- + d d d d d d d - - - d d",
  "IdentityProviderService.DeleteProvider": "- + d d d d d d d - - - d d",
  "IdentityProviderService.TestProvider": "- + d d d d d d d - - - d d",

  // CertificateService
  "CertificateService.GetAuthority": "- + + + + + + + + - - - d d",
  "CertificateService.ListCertificates": "- + d d d d + d d - - - d d",
  "CertificateService.RevokeCertificate": "- + d d d d d d d - - - d d",
  "CertificateService.RenewCertificate": "- d d d d d d d d - - - d +",

  // SystemService
  "SystemService.GetSystemInfo": "- + + + + + + + + - - - d d",
};
