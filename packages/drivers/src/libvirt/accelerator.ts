import { type Libvirt, StartFlag } from "@limiquantix/libvirt";
import { randomUUID } from "node:crypto";
import { el, printXml } from "../xml/element.ts";
import { type DomainCapabilities, readDomainCapabilities } from "./capabilities.ts";

export interface Accelerator {
  kind: "kvm" | "tcg";
  /** Why it is not KVM; empty for KVM. */
  reason: string;
  capabilities: DomainCapabilities;
}

/**
 * Finds out by trying: a tiny paused domain under KVM, which libvirt removes again. /dev/kvm and what libvirt lists
 * both say yes on machines where no guest starts.
 */
export async function findAccelerator(libvirt: Libvirt): Promise<Accelerator> {
  try {
    const capabilities = await capabilitiesFor(libvirt, "kvm");
    await tryStart(libvirt, capabilities);
    return { kind: "kvm", reason: "", capabilities };
  } catch (error) {
    if (libvirt.isClosed) throw error;
    const reason = error instanceof Error ? error.message.trim() : String(error);
    return { kind: "tcg", reason, capabilities: await capabilitiesFor(libvirt, "qemu") };
  }
}

async function capabilitiesFor(libvirt: Libvirt, virttype: "kvm" | "qemu"): Promise<DomainCapabilities> {
  const args = { virttype, machine: "q35" };
  return readDomainCapabilities((await libvirt.call("CONNECT_GET_DOMAIN_CAPABILITIES", args)).capabilities);
}

async function tryStart(libvirt: Libvirt, { architecture, emulator }: DomainCapabilities): Promise<void> {
  const uuid = randomUUID();
  const xml = printXml(
    el(
      "domain",
      { type: "kvm" },
      el("name", {}, `lqx-kvm-trial-${uuid.slice(0, 8)}`),
      el("uuid", {}, uuid),
      el("memory", { unit: "MiB" }, 16),
      el("vcpu", {}, 1),
      el("os", {}, el("type", { arch: architecture, machine: "q35" }, "hvm")),
      // Without ACPI libvirt 9 passes -no-acpi, which QEMU 10 no longer knows.
      el("features", {}, el("acpi")),
      el("cpu", { mode: "host-passthrough" }),
      el(
        "devices",
        {},
        el("emulator", {}, emulator),
        el("controller", { type: "usb", model: "none" }),
        el("memballoon", { model: "none" }),
      ),
    ),
  );
  // If we die meanwhile, libvirt removes it with the connection.
  const { dom } = await libvirt.call("DOMAIN_CREATE_XML", {
    xml_desc: xml,
    flags: StartFlag.PAUSED | StartFlag.AUTODESTROY,
  });
  await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
}
