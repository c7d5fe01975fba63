/* Every page of the product: its address, its code, which is loaded when it is first opened, and its shortcut. */

export interface PageDefinition {
  path: string;
  /** The component's name in the module. */
  name: string;
  load: () => Promise<Record<string, never>>;
}

function page(path: string, name: string, load: () => Promise<unknown>): PageDefinition {
  return { path, name, load: load as PageDefinition["load"] };
}

export const pages: readonly PageDefinition[] = [
  page("/vms", "VmsPage", () => import("../pages/vms/vms-page.tsx")),
  page("/vms/$id", "VmPage", () => import("../pages/vms/vm-page.tsx")),
  page("/vms/new", "CreateVmPage", () => import("../pages/vms/create/create-vm-page.tsx")),
  page("/images", "ImagesPage", () => import("../pages/images/images-page.tsx")),
  page("/images/$id", "ImagePage", () => import("../pages/images/image-page.tsx")),
  page("/tasks", "TasksPage", () => import("../pages/tasks/tasks-page.tsx")),
  page("/", "OverviewPage", () => import("../pages/overview/overview-page.tsx")),
  page("/clusters", "ClustersPage", () => import("../pages/clusters/clusters-page.tsx")),
  page("/clusters/$id", "ClusterPage", () => import("../pages/clusters/cluster-page.tsx")),
  page("/pools", "PoolsPage", () => import("../pages/pools/pools-page.tsx")),
  page("/pools/$id", "PoolPage", () => import("../pages/pools/pool-page.tsx")),
  page("/pools/new", "AddPoolPage", () => import("../pages/pools/add/add-pool-page.tsx")),
  page("/volumes", "VolumesPage", () => import("../pages/volumes/volumes-page.tsx")),
  page("/volumes/$id", "VolumePage", () => import("../pages/volumes/volume-page.tsx")),
  page("/schedules", "SchedulesPage", () => import("../pages/schedules/schedules-page.tsx")),
  page("/recycle-bin", "RecycleBinPage", () => import("../pages/recycle-bin/recycle-bin-page.tsx")),
  page("/networks", "NetworksPage", () => import("../pages/networks/networks-page.tsx")),
  page("/networks/$id", "NetworkPage", () => import("../pages/networks/network-page.tsx")),
  page("/nodes", "NodesPage", () => import("../pages/nodes/nodes-page.tsx")),
  page("/nodes/$id", "NodePage", () => import("../pages/nodes/node-page.tsx")),
  page("/events", "EventsPage", () => import("../pages/events/events-page.tsx")),
  page("/audit", "AuditPage", () => import("../pages/audit/audit-page.tsx")),
  page("/projects", "ProjectsPage", () => import("../pages/projects/projects-page.tsx")),
  page("/projects/$id", "ProjectPage", () => import("../pages/projects/project-page.tsx")),
  page("/vms/$id/console", "ConsolePage", () => import("../pages/console/console-page.tsx")),
  page("/vms/$id/serial", "SerialPage", () => import("../pages/console/serial-page.tsx")),
  page("/access", "AccessPage", () => import("../pages/access/access-page.tsx")),
  page("/settings", "SettingsPage", () => import("../pages/settings/settings-page.tsx")),
  page("/account", "AccountPage", () => import("../pages/account/account-page.tsx")),
];
