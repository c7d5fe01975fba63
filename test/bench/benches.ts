import { accessCheck } from "./access.ts";
import { createStart } from "./create-start.ts";
import { dashboardLive } from "./dashboard-live.ts";
import { dashboardMemory } from "./dashboard-memory.ts";
import type { Bench } from "./figure.ts";
import { filePool } from "./file-pool.ts";
import { idleDaemonLibvirt, idleDaemonSim } from "./idle-daemon.ts";
import { libvirtCall } from "./libvirt-call.ts";
import { listVms } from "./list-vms.ts";
import { rbdClone } from "./rbd-clone.ts";
import { readsAtScale } from "./reads-at-scale.ts";

/** All of them, in the order in which they run. */
export const benches: readonly Bench[] = [
  createStart,
  libvirtCall,
  listVms,
  readsAtScale,
  accessCheck,
  filePool,
  rbdClone,
  idleDaemonSim,
  idleDaemonLibvirt,
  dashboardLive,
  dashboardMemory,
];
