import { create } from "@bufbuild/protobuf";
import { problem, Reason, VmSpecSchema, type VmSpec } from "@limiquantix/api";
import type { DomainDefinition } from "@limiquantix/node";
import { join } from "node:path";
import { el, printXml, type XmlElement } from "../../xml/element.ts";
import { bootOrder } from "./boot-order.ts";
import { SEED_ALIAS, deviceAlias } from "./device-alias.ts";
import { placeDisks } from "./disk-placement.ts";
import { cdromElement, diskElement, seedElement } from "./disks.ts";
import type { DomainHost, KeptHardware } from "./domain-host.ts";
import { isSecureBoot, osElement } from "./firmware.ts";
import {
  balloonElement,
  channelElements,
  displayElements,
  rngElement,
  rootPorts,
  serialElements,
  watchdogElement,
} from "./fixed-devices.ts";
import { interfaceElement } from "./interfaces.ts";
import { markElement } from "./mark.ts";
import {
  clockElement,
  cpuElement,
  featuresElement,
  isWindows,
  memoryElements,
  processorOf,
  vcpuElement,
} from "./processor.ts";

/** The libvirt domain of a definition. Pure; what an earlier definition settled is kept. */
export function domainXml(definition: DomainDefinition, host: DomainHost, kept?: KeptHardware): string {
  const { spec, vmId } = definition;
  const processor = processorOf(spec.cpu, spec.memory);
  if (processor.maxCores > host.maxVcpus)
    throw problem(Reason.UNSUPPORTED, {
      what: `${processor.maxCores} CPUs`,
      why: `this host has ${host.maxVcpus} at most`,
    });
  const name = kept?.name ?? domainName(vmId, definition.name);
  const machine = machineOf(spec, kept);
  const windows = isWindows(spec.guestOs);
  const iothreads = spec.disks.filter(({ iothread }) => iothread).length;
  const root = el(
    "domain",
    { type: host.accelerator === "kvm" ? "kvm" : "qemu" },
    el("name", {}, name),
    el("uuid", {}, vmId),
    el("title", {}, oneLine(definition.name)),
    el("metadata", {}, markElement({ ...definition.mark, spec: withoutSecrets(definition.mark.spec) })),
    ...memoryElements(processor),
    vcpuElement(processor),
    iothreads > 0 ? el("iothreads", {}, iothreads) : undefined,
    osElement({ firmware: spec.firmware, machine }, host),
    featuresElement({ windows, secureBoot: isSecureBoot(spec.firmware) }, host),
    cpuElement(spec.cpu, processor, host),
    clockElement(windows, host),
    el("on_poweroff", {}, "destroy"),
    el("on_reboot", {}, "restart"),
    // It stays off, and the control plane decides.
    el("on_crash", {}, "destroy"),
    el("pm", {}, el("suspend-to-mem", { enabled: "no" }), el("suspend-to-disk", { enabled: "no" })),
    el(
      "devices",
      {},
      el("emulator", {}, host.emulator),
      ...storageElements(definition, isQ35(machine), kept),
      ...nicElements(definition, kept),
      ...serialElements(spec, serialLog(host.logDirectory, name)),
      ...channelElements(spec),
      ...displayElements(spec, host),
      watchdogElement(spec),
      rngElement(spec),
      balloonElement(spec),
      el("panic", { model: "isa" }),
      leaseElement(vmId, host),
    ),
  );
  return printXml(root);
}

/**
 * `lqx-<last 8 of the id>-<name>`; unique, readable, and a safe name for files. The id's beginning would not do: it is
 * the same for a minute.
 */
export function domainName(vmId: string, vmName: string): string {
  return `lqx-${vmId.slice(-8)}-${vmName.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 63)}`;
}

/** Where a guest's serial output is kept. */
export function serialLog(logDirectory: string, libvirtName: string): string {
  return join(logDirectory, `${libvirtName}-serial.log`);
}

/** libvirt refuses a title with a line feed. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** Without provisioning: what is in there is for the seed alone. */
function withoutSecrets(spec: VmSpec | undefined): VmSpec | undefined {
  return spec && create(VmSpecSchema, { ...spec, provisioning: undefined });
}

/** What the domain has, as long as that is of the kind that is wanted. */
function machineOf(spec: VmSpec, kept: KeptHardware | undefined): string {
  const wanted = spec.machine || "q35";
  return kept && isQ35(kept.machine) === isQ35(wanted) && !/-\d/.test(wanted) ? kept.machine : wanted;
}

const isQ35 = (machine: string) => machine.includes("q35");

function storageElements(definition: DomainDefinition, q35: boolean, kept: KeptHardware | undefined): XmlElement[] {
  const order = bootOrder(definition);
  const plan = placeDisks(definition, q35, kept);
  const disks = plan.map((placed) => {
    const place = { ...placed, bootOrder: order.get(placed.alias) };
    return "disk" in placed.attachment
      ? diskElement(placed.attachment, placed.bus, place)
      : cdromElement(placed.attachment, placed.bus, place);
  });
  // Number 0 is always there, so that disks can be added to it.
  const controllers = [undefined, ...plan.flatMap(({ bus, iothread }) => (bus === "scsi" ? (iothread ?? []) : []))];
  const seed = definition.seed ? [seedElement(definition.seed, kept?.devices.get(SEED_ALIAS))] : [];
  const pciDevices = disks.length + controllers.length + definition.nics.length + FIXED_PCI_DEVICES;
  return [...(q35 ? rootPorts(pciDevices) : []), ...controllers.map(scsiController), ...disks, ...seed];
}

/** USB, virtio-serial, RNG, balloon, seed, watchdog. */
const FIXED_PCI_DEVICES = 6;

function scsiController(iothread: number | undefined, index: number): XmlElement {
  const driver = iothread === undefined ? undefined : el("driver", { iothread });
  return el("controller", { type: "scsi", index, model: "virtio-scsi" }, driver);
}

function nicElements(definition: DomainDefinition, kept: KeptHardware | undefined): XmlElement[] {
  const order = bootOrder(definition);
  return definition.nics.map((attachment, i) => {
    const alias = deviceAlias("nic", attachment.nic.id, i);
    return interfaceElement(attachment, { alias, bootOrder: order.get(alias), kept: kept?.devices.get(alias) });
  });
}

function leaseElement(vmId: string, { leases }: DomainHost): XmlElement | undefined {
  if (!leases) return undefined;
  return el(
    "lease",
    {},
    el("lockspace", {}, leases.lockspace),
    el("key", {}, vmId),
    el("target", { path: leases.directory }),
  );
}
