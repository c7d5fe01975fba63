import { problem, Reason } from "@limiquantix/api";
import { XmlFlag } from "@limiquantix/libvirt";
import type { DiskAttachment } from "@limiquantix/node";
import { deviceAlias } from "../domain/device-alias.ts";
import { withSources } from "../domain/rewrite.ts";
import { domainRef } from "../domain-ref.ts";
import type { DiskParts } from "./live-disks.ts";

/** Has a domain that is off name other sources, in its definition and in the memory that it is saved with. */
export async function redirectDisks(
  { connection }: DiskParts,
  vmId: string,
  disks: readonly DiskAttachment[],
): Promise<void> {
  const dom = domainRef(vmId);
  const { active } = await connection.call("DOMAIN_IS_ACTIVE", { dom });
  if (active) throw refused(vmId, "it runs");
  const sources = new Map(disks.map(({ disk, source }) => [deviceAlias("disk", disk.id, 0), source]));
  const redirected = (xml: string) => {
    const changed = withSources(xml, sources);
    if (changed === undefined) throw refused(vmId, "it has not all of these disks");
    return changed;
  };
  const stored = await connection.call("DOMAIN_GET_XML_DESC", { dom, flags: XmlFlag.INACTIVE });
  const xml = redirected(stored.xml);
  if ((await connection.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom })).result) {
    const saved = await connection.call("DOMAIN_MANAGED_SAVE_GET_XML_DESC", { dom });
    const dxml = redirected(saved.xml);
    await connection.call("DOMAIN_MANAGED_SAVE_DEFINE_XML", { dom, dxml });
  }
  await connection.call("DOMAIN_DEFINE_XML_FLAGS", { xml });
}

function refused(vmId: string, cause: string) {
  return problem(Reason.HYPERVISOR_REFUSED, { action: "redirect disks of", vm: vmId, cause });
}
