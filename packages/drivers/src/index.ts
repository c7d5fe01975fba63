export { LocalVolumes } from "./local-pool/local-volumes.ts";
export type { LocalPoolOptions } from "./local-pool/local-volumes.ts";
export { QemuImg } from "./local-pool/qemu-img.ts";
export { LibvirtHypervisor } from "./libvirt/libvirt-hypervisor.ts";
export type { LibvirtHypervisorOptions } from "./libvirt/libvirt-hypervisor.ts";
export type { LeaseOptions } from "./libvirt/lease.ts";
export { LibvirtNetworks } from "./libvirt-network/libvirt-networks.ts";
export type { LibvirtNetworksOptions } from "./libvirt-network/libvirt-networks.ts";
