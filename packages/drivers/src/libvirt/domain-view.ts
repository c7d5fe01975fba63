import { VmStatus_PowerState } from "@limiquantix/api";
import { type DomainRef, ErrorCode, isLibvirtError, type LibvirtConnection, XmlFlag } from "@limiquantix/libvirt";
import type { Domain } from "@limiquantix/node";
import { deviceAlias, diskIdOf, SEED_ALIAS } from "./domain/device-alias.ts";
import { discoveredSpec } from "./domain/discovered-spec.ts";
import { readSourceName } from "./domain/disk-source.ts";
import { powerState } from "./domain/power-state.ts";
import { type DomainReading, readDomain } from "./domain/reading.ts";

const OFF: ReadonlySet<VmStatus_PowerState> = new Set([
  VmStatus_PowerState.STOPPED,
  VmStatus_PowerState.SUSPENDED,
  VmStatus_PowerState.CRASHED,
]);

/** Reads a domain as it is now; undefined when it went away meanwhile. */
export async function viewDomain(connection: LibvirtConnection, dom: DomainRef): Promise<Domain | undefined> {
  try {
    const [state, saved, stored] = await Promise.all([
      connection.call("DOMAIN_GET_STATE", { dom }),
      connection.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom }),
      readStored(connection, dom),
    ]);
    const { power, stopReason } = powerState(state.state, state.reason, saved.result);
    const live = OFF.has(power) ? undefined : await readLive(connection, dom);
    const current = live ?? stored;
    const interfaces = live?.interfaces.flatMap(({ macAddress, hostInterface }) =>
      hostInterface ? [[macAddress, hostInterface] as const] : [],
    );
    return {
      vmId: stored.uuid,
      name: stored.title || stored.name,
      power,
      stopReason,
      mark: stored.mark,
      liveMark: live?.mark,
      hostInterfaces: new Map(interfaces),
      sources: sourcesOf(current),
      discoveredSpec:
        stored.mark && !stored.mark.adopted
          ? undefined
          : discoveredSpec(current, await capacities(connection, dom, current)),
      accelerator: current.accelerator,
    };
  } catch (error) {
    if (isLibvirtError(error, ErrorCode.NO_DOMAIN)) return undefined;
    throw error;
  }
}

/** The persistent definition; of a transient domain what it has instead. */
export async function readStored(connection: LibvirtConnection, dom: DomainRef): Promise<DomainReading> {
  return readDomain((await connection.call("DOMAIN_GET_XML_DESC", { dom, flags: XmlFlag.INACTIVE })).xml);
}

export async function readLive(connection: LibvirtConnection, dom: DomainRef): Promise<DomainReading> {
  return readDomain((await connection.call("DOMAIN_GET_XML_DESC", { dom })).xml);
}

/** By disk id; by target name on a domain that we did not define. */
function sourcesOf({ disks, mark }: DomainReading): Map<string, string> {
  const ids = new Map(mark?.spec?.disks.map(({ id }, i) => [deviceAlias("disk", id, i), id]));
  const sources = new Map<string, string>();
  for (const { alias, target = "", node } of disks) {
    if ((node.attribute("device") ?? "disk") !== "disk" || alias === SEED_ALIAS) continue;
    const id = ids.get(alias) ?? diskIdOf(alias) ?? target;
    const name = readSourceName(node);
    if (name !== undefined) sources.set(id, name);
  }
  return sources;
}

async function capacities(connection: LibvirtConnection, dom: DomainRef, reading: DomainReading) {
  const bytes = new Map<string, number>();
  for (const { target, node } of reading.disks) {
    if (!target || !node.find("source")) continue;
    try {
      bytes.set(target, Number((await connection.call("DOMAIN_GET_BLOCK_INFO", { dom, path: target })).capacity));
    } catch (error) {
      // A disk that cannot be looked at does not hide the domain.
      if (!isLibvirtError(error) || isLibvirtError(error, ErrorCode.NO_DOMAIN)) throw error;
    }
  }
  return bytes;
}
