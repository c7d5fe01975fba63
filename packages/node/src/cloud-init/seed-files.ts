import { create } from "@bufbuild/protobuf";
import { CloudInitSchema } from "@limiquantix/api";
import type { VmOrder } from "../vms/plan-vm.ts";
import { renderNetworkConfig } from "./network-config.ts";
import { hostnameOf, renderUserData } from "./user-data.ts";
import { printYaml } from "./yaml.ts";

/** The files of a NoCloud seed (cloud-init: "NoCloud" datasource), by name. Pure. */
export function seedFiles(order: Pick<VmOrder, "vmId" | "name" | "spec" | "defaultUser">): ReadonlyMap<string, string> {
  const { vmId, name, spec, defaultUser } = order;
  const cloudInit = spec.provisioning?.cloudInit ?? create(CloudInitSchema);
  const cloned = spec.disks.some((disk) => disk.sourceVolumeId);
  return new Map([
    ["user-data", renderUserData(cloudInit, { vmId, vmName: name, defaultUser, cloned })],
    // cloud-init takes a new instance-id for a new machine and sets it up again: it stays the VM's own for life.
    ["meta-data", printYaml({ "instance-id": vmId, "local-hostname": cloudInit.hostname || hostnameOf(name) })],
    ["network-config", renderNetworkConfig(cloudInit, spec.nics)],
  ]);
}
