import { type Firmware, Firmware_Type, problem, Reason } from "@limiquantix/api";
import { el, type XmlElement } from "../../xml/element.ts";
import type { DomainHost } from "./domain-host.ts";

export function isSecureBoot(firmware: Firmware | undefined): boolean {
  return firmware?.type === Firmware_Type.UEFI_SECURE_BOOT;
}

/** libvirt chooses the files by the features asked for (QEMU's docs/interop/firmware.json). */
export function osElement(
  { firmware, machine }: { firmware: Firmware | undefined; machine: string },
  host: DomainHost,
): XmlElement {
  const type = el("type", { arch: host.architecture, machine }, "hvm");
  const kind = firmware?.type ?? Firmware_Type.UNKNOWN;
  if (kind === Firmware_Type.UNKNOWN || kind === Firmware_Type.BIOS) return el("os", {}, type);
  const secure = isSecureBoot(firmware);
  if (secure ? !host.secureBoot : !host.uefi)
    throw problem(Reason.UNSUPPORTED, {
      what: secure ? "Secure Boot" : "UEFI",
      why: "this host's libvirt lists no such firmware (is OVMF installed?)",
    });
  const enabled = secure ? "yes" : "no";
  return el(
    "os",
    { firmware: "efi" },
    type,
    el(
      "firmware",
      {},
      el("feature", { enabled, name: "enrolled-keys" }),
      el("feature", { enabled, name: "secure-boot" }),
    ),
  );
}
