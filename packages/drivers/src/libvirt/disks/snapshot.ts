import { problem, Reason } from "@limiquantix/api";
import { type DomainRef, DomainState, findLibvirtError, SnapshotCreateFlag } from "@limiquantix/libvirt";
import { type DiskSource, type LiveSnapshot, type LiveSnapshotResult, sourceName } from "@limiquantix/node";
import { el, printXml } from "../../xml/element.ts";
import { readChain } from "../domain/chain.ts";
import { deviceAlias } from "../domain/device-alias.ts";
import { sourceXml } from "../domain/disk-source.ts";
import type { DeviceReading, DomainReading } from "../domain/reading.ts";
import { domainRef } from "../domain-ref.ts";
import { readLive } from "../domain-view.ts";
import { AGENT_TIMEOUT_SECONDS } from "./holds.ts";
import type { DiskParts } from "./live-disks.ts";

/**
 * Where all disks that the guest writes are switched and no memory is wanted, QEMU's own transaction is the instant and the
 * guest does not stand still; else it is paused from before the first to after the last.
 */
export async function snapshotDisks(
  parts: DiskParts,
  vmId: string,
  request: LiveSnapshot,
): Promise<LiveSnapshotResult> {
  const { connection, longCall, clock, holds } = parts;
  const dom = domainRef(vmId);
  const { state } = await connection.call("DOMAIN_GET_STATE", { dom });
  const runs = state === DomainState.RUNNING || state === DomainState.BLOCKED;
  if (!runs && state !== DomainState.PAUSED) throw refused(vmId, "it does not run");
  const live = await readLive(connection, dom);
  const switched = switchedDisks(vmId, live, request.switchTo);
  const others = live.disks.filter((disk) => isWritten(disk) && !switched.has(disk.target ?? ""));
  const needsInstant = others.length > 0 || request.memoryPath !== undefined;
  const quiet = { quiesced: false, quiesceMessage: "" };
  let pausedAtMs: number | undefined;

  const take = async () => {
    if (request.quiesce)
      Object.assign(quiet, runs ? await freeze(parts, dom, live) : notQuiesced("the guest is paused"));
    if (needsInstant && runs) {
      pausedAtMs = clock.now();
      await connection.call("DOMAIN_SUSPEND", { dom });
    }
    if (switched.size > 0 || request.memoryPath !== undefined) {
      const xml_desc = snapshotXml(live, switched, request.memoryPath);
      await longCall("DOMAIN_SNAPSHOT_CREATE_XML", { dom, xml_desc, flags: flagsOf(request) });
    }
    if (request.memoryPath !== undefined && !runs) await takeDisksBack(parts, dom);
    if (needsInstant) await request.beneath();
  };
  const hold = { paused: needsInstant && runs, frozen: request.quiesce && runs };
  if (!hold.paused && !hold.frozen) {
    await take();
    return { pausedMs: 0, ...quiet };
  }
  const { releasedAtMs } = await holds.during(vmId, hold, take);
  return { pausedMs: pausedAtMs === undefined ? 0 : releasedAtMs - pausedAtMs, ...quiet };
}

/**
 * Writing the memory has QEMU let go of the disks, locks and all, as if another host were to have them; resuming would take
 * them back. Before 10.0 it has no other way.
 */
async function takeDisksBack({ connection, log }: DiskParts, dom: DomainRef): Promise<void> {
  const cmd = JSON.stringify({ execute: "blockdev-set-active", arguments: { active: true } });
  const { result } = await connection.call("QEMU_DOMAIN_MONITOR_COMMAND", { dom, cmd });
  const { error } = JSON.parse(result) as { error?: { desc: string } };
  if (error) log.warn("a paused guest's disks are not locked until it goes on", { error: error.desc });
}

/** Target name → what the disk goes on in. */
function switchedDisks(
  vmId: string,
  live: DomainReading,
  switchTo: LiveSnapshot["switchTo"],
): ReadonlyMap<string, DiskSource> {
  return new Map(
    switchTo.map(({ disk, source }) => {
      const device = live.devices.get(deviceAlias("disk", disk.id, 0));
      if (!device?.target) throw refused(vmId, `it has no disk ${disk.id}`);
      // libvirt would make a chain that bites its own tail.
      if (readChain(device.node).some(({ name }) => name === sourceName(source)))
        throw refused(vmId, `disk ${disk.id} has ${sourceName(source)} already`);
      return [device.target, source] as const;
    }),
  );
}

function isWritten({ node }: DeviceReading): boolean {
  const isDisk = (node.attribute("device") ?? "disk") === "disk";
  return isDisk && node.find("source") !== undefined && node.find("readonly") === undefined;
}

function snapshotXml(
  { disks }: DomainReading,
  switched: ReadonlyMap<string, DiskSource>,
  memoryPath: string | undefined,
): string {
  const elements = disks.flatMap(({ target }) => {
    if (target === undefined) return [];
    const source = switched.get(target);
    if (!source) return [el("disk", { name: target, snapshot: "no" })];
    const xml = sourceXml(source);
    return [
      el(
        "disk",
        { name: target, snapshot: "external", type: xml.type },
        el("driver", { type: xml.format }),
        xml.source,
      ),
    ];
  });
  const memory = memoryPath === undefined ? { snapshot: "no" } : { snapshot: "external", file: memoryPath };
  return printXml(el("domainsnapshot", {}, el("memory", memory), el("disks", {}, ...elements)));
}

/** The layers were made by the storage, and the tree of snapshots is kept elsewhere. */
function flagsOf({ memoryPath, switchTo }: LiveSnapshot): number {
  const { NO_METADATA, ATOMIC, REUSE_EXT, DISK_ONLY } = SnapshotCreateFlag;
  const reuse = switchTo.length > 0 ? REUSE_EXT : 0;
  return NO_METADATA | ATOMIC | reuse | (memoryPath === undefined ? DISK_ONLY : 0);
}

async function freeze({ connection }: DiskParts, dom: DomainRef, live: DomainReading) {
  const agent = live.root
    .all("devices/channel/target")
    .find((target) => target.attribute("name") === "org.qemu.guest_agent.0");
  if (!agent) return notQuiesced("the VM has no channel for a guest agent");
  if (agent.attribute("state") !== "connected") return notQuiesced("no guest agent answers");
  try {
    // Else libvirt waits for ever for an agent that began and does not end.
    await connection.call("DOMAIN_AGENT_SET_RESPONSE_TIMEOUT", { dom, timeout: AGENT_TIMEOUT_SECONDS });
    await connection.call("DOMAIN_FSFREEZE", { dom });
    return { quiesced: true, quiesceMessage: "" };
  } catch (error) {
    const refusal = findLibvirtError(error);
    if (!refusal) throw error;
    return notQuiesced(refusal.message);
  }
}

function notQuiesced(quiesceMessage: string) {
  return { quiesced: false, quiesceMessage };
}

function refused(vmId: string, cause: string) {
  return problem(Reason.HYPERVISOR_REFUSED, { action: "take a snapshot of", vm: vmId, cause });
}
