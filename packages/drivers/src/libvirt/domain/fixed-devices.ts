import {
  Display_Gpu,
  Display_Type,
  problem,
  Reason,
  type VmSpec,
  Watchdog_Action,
  Watchdog_Model,
} from "@limiquantix/api";
import { el, type XmlElement } from "../../xml/element.ts";
import type { DomainHost } from "./domain-host.ts";

/** Free PCIe ports, for disks and interfaces that come while it runs. */
const SPARE_PORTS = 6;
const PORTS_PER_SLOT = 8;
/** Slot 1 is where libvirt puts the display. */
const FIRST_PORT_SLOT = 2;
/** Seconds between two readings of the guest's memory. */
const BALLOON_PERIOD_SECONDS = 5;

/** Ports at fixed addresses, so that one more does not move the others. */
export function rootPorts(deviceCount: number): XmlElement[] {
  // In steps, so that a device more or less rarely changes their number.
  const count = Math.ceil((deviceCount + SPARE_PORTS) / PORTS_PER_SLOT) * PORTS_PER_SLOT;
  const ports = Array.from({ length: count }, (_, i) => {
    const slot = FIRST_PORT_SLOT + Math.floor(i / PORTS_PER_SLOT);
    const fn = i % PORTS_PER_SLOT;
    return el(
      "controller",
      { type: "pci", index: i + 1, model: "pcie-root-port" },
      el("address", {
        type: "pci",
        domain: "0x0000",
        bus: "0x00",
        slot: hex(slot),
        function: hex(fn, 1),
        multifunction: fn === 0 ? "on" : undefined,
      }),
    );
  });
  return [el("controller", { type: "pci", index: 0, model: "pcie-root" }), ...ports];
}

function hex(value: number, digits = 2): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

export function serialElements(spec: VmSpec, logFile: string): XmlElement[] {
  if (spec.serial?.disabled) return [];
  return [
    el(
      "serial",
      { type: "pty" },
      el("log", { file: logFile, append: "on" }),
      el("target", { type: "isa-serial", port: 0 }),
    ),
    el(
      "console",
      { type: "pty" },
      el("log", { file: logFile, append: "on" }),
      el("target", { type: "serial", port: 0 }),
    ),
  ];
}

/** QEMU's guest agent and ours. */
export function channelElements(spec: VmSpec): XmlElement[] {
  if (spec.agent?.disabled) return [];
  return ["org.qemu.guest_agent.0", "com.limiquantix.agent.0"].map((name) =>
    el("channel", { type: "unix" }, el("target", { type: "virtio", name })),
  );
}

const GPUS: Readonly<Record<Display_Gpu, string>> = {
  [Display_Gpu.GPU_UNKNOWN]: "vga",
  [Display_Gpu.VGA]: "vga",
  [Display_Gpu.CIRRUS]: "cirrus",
  [Display_Gpu.QXL]: "qxl",
  [Display_Gpu.VIRTIO_GPU]: "virtio",
};

/** VNC on a unix socket that libvirt makes in a directory of its own; nobody reaches it but through the console proxy. */
export function displayElements(spec: VmSpec, host: DomainHost): XmlElement[] {
  const type = spec.display?.type ?? Display_Type.UNKNOWN;
  if (type === Display_Type.NONE)
    return [el("controller", { type: "usb", model: "none" }), el("video", {}, el("model", { type: "none" }))];
  if (type === Display_Type.SPICE)
    throw problem(Reason.UNSUPPORTED, { what: "a SPICE display", why: "consoles are VNC; choose VNC" });
  const model = GPUS[spec.display?.gpu ?? Display_Gpu.GPU_UNKNOWN];
  if (!host.videoModels.has(model))
    throw problem(Reason.UNSUPPORTED, { what: `video card ${model}`, why: "this host's QEMU does not have it" });
  return [
    el("controller", { type: "usb", model: "qemu-xhci" }),
    // An absolute pointer: with a mouse, the pointers of the viewer and of the guest part.
    el("input", { type: "tablet", bus: "usb" }),
    el("graphics", { type: "vnc" }, el("listen", { type: "socket" })),
    el("video", {}, el("model", { type: model, heads: 1, primary: "yes" })),
  ];
}

const WATCHDOG_ACTIONS: Readonly<Record<Watchdog_Action, string>> = {
  [Watchdog_Action.ACTION_UNKNOWN]: "reset",
  [Watchdog_Action.RESET]: "reset",
  [Watchdog_Action.SHUTDOWN]: "shutdown",
  [Watchdog_Action.POWEROFF]: "poweroff",
  [Watchdog_Action.PAUSE]: "pause",
  [Watchdog_Action.NONE]: "none",
};

export function watchdogElement(spec: VmSpec): XmlElement | undefined {
  if (!spec.watchdog || spec.watchdog.model === Watchdog_Model.MODEL_UNKNOWN) return undefined;
  const model = spec.watchdog.model === Watchdog_Model.IB700 ? "ib700" : "i6300esb";
  return el("watchdog", { model, action: WATCHDOG_ACTIONS[spec.watchdog.action] });
}

export function rngElement(spec: VmSpec): XmlElement | undefined {
  if (spec.rng?.disabled) return undefined;
  return el("rng", { model: "virtio" }, el("backend", { model: "random" }, "/dev/urandom"));
}

/** Always there: it also measures the guest's memory. */
export function balloonElement(spec: VmSpec): XmlElement {
  const gives = spec.memory?.ballooningEnabled ? "on" : undefined;
  return el(
    "memballoon",
    { model: "virtio", autodeflate: gives, freePageReporting: gives },
    el("stats", { period: BALLOON_PERIOD_SECONDS }),
  );
}
