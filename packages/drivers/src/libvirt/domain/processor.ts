import { type Cpu, type GuestOs, GuestOs_Family, type Memory, problem, Reason } from "@limiquantix/api";
import { el, type XmlElement } from "../../xml/element.ts";
import type { DomainHost } from "./domain-host.ts";

/** How many DIMMs can be added to a running VM. */
const MEMORY_SLOTS = 16;
const WINDOWS: ReadonlySet<GuestOs_Family> = new Set([
  GuestOs_Family.WINDOWS_SERVER,
  GuestOs_Family.WINDOWS_DESKTOP,
  GuestOs_Family.WINDOWS_LEGACY,
]);

export function isWindows(guest: GuestOs | undefined): boolean {
  return guest !== undefined && WINDOWS.has(guest.family);
}

export interface Processor {
  cores: number;
  maxCores: number;
  memoryMib: bigint;
  maxMemoryMib: bigint;
}

export function processorOf(cpu: Cpu | undefined, memory: Memory | undefined): Processor {
  const cores = cpu?.cores || 1;
  const memoryMib = memory?.sizeMib || 512n;
  const maxMemoryMib = memory?.maxMemoryMib ?? 0n;
  return {
    cores,
    maxCores: Math.max(cores, cpu?.maxCores ?? 0),
    memoryMib,
    maxMemoryMib: maxMemoryMib > memoryMib ? maxMemoryMib : memoryMib,
  };
}

export function memoryElements({ memoryMib, maxMemoryMib }: Processor): XmlElement[] {
  const sizes = [el("memory", { unit: "MiB" }, memoryMib), el("currentMemory", { unit: "MiB" }, memoryMib)];
  if (maxMemoryMib === memoryMib) return sizes;
  return [el("maxMemory", { slots: MEMORY_SLOTS, unit: "MiB" }, maxMemoryMib), ...sizes];
}

export function vcpuElement({ cores, maxCores }: Processor): XmlElement {
  return el("vcpu", { placement: "static", current: cores === maxCores ? undefined : cores }, maxCores);
}

export function cpuElement(cpu: Cpu | undefined, processor: Processor, host: DomainHost): XmlElement {
  const { maxCores, memoryMib, maxMemoryMib } = processor;
  // libvirt wants a NUMA node to put added memory in.
  const numa =
    maxMemoryMib > memoryMib
      ? el(
          "numa",
          {},
          el("cell", { id: 0, cpus: maxCores === 1 ? "0" : `0-${maxCores - 1}`, memory: memoryMib, unit: "MiB" }),
        )
      : undefined;
  return modelElement(cpu?.model ?? "", host, [topologyElement(cpu, maxCores), numa]);
}

function modelElement(model: string, host: DomainHost, children: (XmlElement | undefined)[]): XmlElement {
  const mode = model || (host.accelerator === "kvm" ? "host-model" : "maximum");
  switch (mode) {
    case "host-passthrough":
      if (host.accelerator !== "kvm")
        throw problem(Reason.UNSUPPORTED, { what: "CPU model host-passthrough", why: "this host emulates its guests" });
      return el("cpu", { mode, check: "none", migratable: "on" }, ...children);
    case "host-model":
      return el("cpu", { mode, check: "partial" }, ...children);
    case "maximum":
      return el("cpu", { mode, check: "none" }, ...children);
    default:
      return el(
        "cpu",
        { mode: "custom", match: "exact", check: "none" },
        el("model", { fallback: "forbid" }, mode),
        ...children,
      );
  }
}

/** Sockets and threads as told, when they divide the number; else a socket for each. */
function topologyElement(cpu: Cpu | undefined, maxCores: number): XmlElement {
  const sockets = cpu?.sockets || 1;
  const threads = cpu?.threadsPerCore || 1;
  const fits = maxCores % (sockets * threads) === 0;
  const [s, c, t] = fits ? [sockets, maxCores / (sockets * threads), threads] : [maxCores, 1, 1];
  return el("topology", { sockets: s, dies: 1, cores: c, threads: t });
}

/** What Windows runs better with (libvirt's formatdomain, "Hypervisor features"), in the schema's order. */
const HYPERV = ["relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset", "frequencies"];

export function featuresElement(options: { windows: boolean; secureBoot: boolean }, host: DomainHost): XmlElement {
  const listed = options.windows ? HYPERV.filter((name) => host.hypervFeatures.has(name)) : [];
  const hyperv = listed.map((name) => el(name, { state: "on", retries: name === "spinlocks" ? 8191 : undefined }));
  return el(
    "features",
    {},
    el("acpi"),
    el("apic"),
    hyperv.length > 0 ? el("hyperv", { mode: "custom" }, ...hyperv) : undefined,
    el("vmport", { state: "off" }),
    options.secureBoot ? el("smm", { state: "on" }) : undefined,
    // Uncapped, the cache of translated code grows to a gigabyte.
    host.accelerator === "tcg" ? el("tcg", {}, el("tb-cache", { unit: "MiB" }, 64)) : undefined,
  );
}

export function clockElement(windows: boolean, host: DomainHost): XmlElement {
  const offset = windows ? "localtime" : "utc";
  if (host.accelerator === "tcg") return el("clock", { offset });
  return el(
    "clock",
    { offset },
    el("timer", { name: "rtc", tickpolicy: "catchup" }),
    el("timer", { name: "pit", tickpolicy: "delay" }),
    el("timer", { name: "hpet", present: "no" }),
    windows ? el("timer", { name: "hypervclock", present: "yes" }) : undefined,
  );
}
