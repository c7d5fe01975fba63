import { DiskDevice_Bus, Display_Gpu, Display_Type, GuestOs_Family, NetworkInterface_Model } from "@limiquantix/api";

/* What the API's names are called in the trade. */

export const osFamily: Record<GuestOs_Family, string> = {
  [GuestOs_Family.UNKNOWN]: "",
  [GuestOs_Family.RHEL]: "RHEL",
  [GuestOs_Family.DEBIAN]: "Debian, Ubuntu",
  [GuestOs_Family.SUSE]: "SUSE",
  [GuestOs_Family.ARCH]: "Arch",
  [GuestOs_Family.FEDORA]: "Fedora",
  [GuestOs_Family.GENERIC_LINUX]: "Linux",
  [GuestOs_Family.WINDOWS_SERVER]: "Windows Server",
  [GuestOs_Family.WINDOWS_DESKTOP]: "Windows",
  [GuestOs_Family.WINDOWS_LEGACY]: "Windows, old",
  [GuestOs_Family.FREEBSD]: "FreeBSD",
  [GuestOs_Family.OPENBSD]: "OpenBSD",
  [GuestOs_Family.NETBSD]: "NetBSD",
  [GuestOs_Family.MACOS]: "macOS",
  [GuestOs_Family.SOLARIS]: "Solaris",
  [GuestOs_Family.OTHER]: "Other",
};

export const diskBus: Record<DiskDevice_Bus, string> = {
  [DiskDevice_Bus.BUS_UNKNOWN]: "",
  [DiskDevice_Bus.VIRTIO_BLK]: "virtio-blk",
  [DiskDevice_Bus.VIRTIO_SCSI]: "virtio-scsi",
  [DiskDevice_Bus.NVME]: "NVMe",
  [DiskDevice_Bus.SATA]: "SATA",
  [DiskDevice_Bus.IDE]: "IDE",
};

export const nicModel: Record<NetworkInterface_Model, string> = {
  [NetworkInterface_Model.MODEL_UNKNOWN]: "",
  [NetworkInterface_Model.VIRTIO_NET]: "virtio-net",
  [NetworkInterface_Model.E1000]: "e1000",
  [NetworkInterface_Model.E1000E]: "e1000e",
  [NetworkInterface_Model.VMXNET3]: "vmxnet3",
};

export const displayType: Record<Display_Type, string> = {
  [Display_Type.UNKNOWN]: "VNC",
  [Display_Type.VNC]: "VNC",
  [Display_Type.SPICE]: "SPICE",
  [Display_Type.NONE]: "None",
};

export const displayGpu: Record<Display_Gpu, string> = {
  [Display_Gpu.GPU_UNKNOWN]: "VGA",
  [Display_Gpu.VGA]: "VGA",
  [Display_Gpu.CIRRUS]: "Cirrus",
  [Display_Gpu.QXL]: "QXL",
  [Display_Gpu.VIRTIO_GPU]: "virtio-gpu",
};
