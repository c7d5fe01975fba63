import type { DomainDefinition } from "@limiquantix/node";
import { deviceAlias } from "./device-alias.ts";

/**
 * Alias → place in the boot order, from 1. By the devices' boot indexes; where none has one: the disks, then the
 * drives, so that an empty disk falls through to the installer.
 */
export function bootOrder(definition: DomainDefinition): ReadonlyMap<string, number> {
  const disks = definition.disks.map(({ disk }, i) => ({ alias: deviceAlias("disk", disk.id, i), at: disk.bootIndex }));
  const cdroms = definition.cdroms.map(({ cdrom }, i) => ({
    alias: deviceAlias("cdrom", cdrom.id, i),
    at: cdrom.bootIndex,
  }));
  const nics = definition.nics.map(({ nic }, i) => ({ alias: deviceAlias("nic", nic.id, i), at: nic.bootIndex }));
  const asked = [...disks, ...cdroms, ...nics].filter(({ at }) => at > 0).toSorted((a, b) => a.at - b.at);
  const order = asked.length > 0 ? asked : [...disks, ...cdroms];
  return new Map(order.map(({ alias }, index) => [alias, index + 1]));
}
