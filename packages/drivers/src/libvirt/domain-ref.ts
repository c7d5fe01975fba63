import { type DomainRef, uuidFromString } from "@limiquantix/libvirt";

/** A domain by its VM's id. libvirtd looks it up by the UUID; the name is only for its log. */
export function domainRef(vmId: string): DomainRef {
  return { name: vmId, uuid: uuidFromString(vmId), id: -1 };
}
