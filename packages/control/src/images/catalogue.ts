import { create } from "@bufbuild/protobuf";
import { CatalogEntrySchema, ImageRequirements_Firmware, type CatalogEntry } from "@limiquantix/api";

/** Public cloud images by the publishers' own addresses of the newest build, and where each lists its checksum. */
const listed = [
  {
    id: "debian-12",
    name: "Debian 12 (bookworm)",
    os: os("debian", "12"),
    base: "https://cloud.debian.org/images/cloud/bookworm/latest/",
    file: "debian-12-genericcloud-amd64.qcow2",
    checksums: "SHA512SUMS",
    defaultUser: "debian",
    minDiskGib: 3,
  },
  {
    id: "debian-13",
    name: "Debian 13 (trixie)",
    os: os("debian", "13"),
    base: "https://cloud.debian.org/images/cloud/trixie/latest/",
    file: "debian-13-genericcloud-amd64.qcow2",
    checksums: "SHA512SUMS",
    defaultUser: "debian",
    minDiskGib: 3,
  },
  {
    id: "ubuntu-22.04",
    name: "Ubuntu 22.04 LTS (Jammy Jellyfish)",
    os: os("ubuntu", "22.04"),
    base: "https://cloud-images.ubuntu.com/jammy/current/",
    file: "jammy-server-cloudimg-amd64.img",
    checksums: "SHA256SUMS",
    defaultUser: "ubuntu",
    minDiskGib: 3,
  },
  {
    id: "ubuntu-24.04",
    name: "Ubuntu 24.04 LTS (Noble Numbat)",
    os: os("ubuntu", "24.04"),
    base: "https://cloud-images.ubuntu.com/noble/current/",
    file: "noble-server-cloudimg-amd64.img",
    checksums: "SHA256SUMS",
    defaultUser: "ubuntu",
    minDiskGib: 4,
  },
  {
    id: "ubuntu-26.04",
    name: "Ubuntu 26.04 LTS (Resolute Raccoon)",
    os: os("ubuntu", "26.04"),
    base: "https://cloud-images.ubuntu.com/resolute/current/",
    file: "resolute-server-cloudimg-amd64.img",
    checksums: "SHA256SUMS",
    defaultUser: "ubuntu",
    minDiskGib: 4,
  },
  {
    id: "rocky-9",
    name: "Rocky Linux 9",
    os: os("rocky", "9"),
    base: "https://dl.rockylinux.org/pub/rocky/9/images/x86_64/",
    file: "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2",
    checksums: "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2.CHECKSUM",
    defaultUser: "rocky",
    minDiskGib: 10,
  },
  {
    id: "rocky-10",
    name: "Rocky Linux 10",
    os: os("rocky", "10"),
    base: "https://dl.rockylinux.org/pub/rocky/10/images/x86_64/",
    file: "Rocky-10-GenericCloud-Base.latest.x86_64.qcow2",
    checksums: "Rocky-10-GenericCloud-Base.latest.x86_64.qcow2.CHECKSUM",
    defaultUser: "rocky",
    minDiskGib: 10,
  },
  {
    id: "alma-9",
    name: "AlmaLinux 9",
    os: os("almalinux", "9"),
    base: "https://repo.almalinux.org/almalinux/9/cloud/x86_64/images/",
    file: "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2",
    checksums: "CHECKSUM",
    defaultUser: "almalinux",
    minDiskGib: 10,
  },
  {
    id: "alma-10",
    name: "AlmaLinux 10",
    os: os("almalinux", "10"),
    base: "https://repo.almalinux.org/almalinux/10/cloud/x86_64/images/",
    file: "AlmaLinux-10-GenericCloud-latest.x86_64.qcow2",
    checksums: "CHECKSUM",
    defaultUser: "almalinux",
    minDiskGib: 10,
  },
  {
    id: "fedora-43",
    name: "Fedora Cloud 43",
    os: os("fedora", "43"),
    base: "https://download.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/x86_64/images/",
    file: "Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2",
    checksums: "Fedora-Cloud-43-1.6-x86_64-CHECKSUM",
    defaultUser: "fedora",
    minDiskGib: 5,
  },
  {
    id: "opensuse-leap-15.6",
    name: "openSUSE Leap 15.6",
    os: os("opensuse", "15.6"),
    base: "https://download.opensuse.org/distribution/leap/15.6/appliances/",
    file: "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2",
    checksums: "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2.sha256",
    defaultUser: "opensuse",
    minDiskGib: 10,
  },
  {
    id: "opensuse-leap-16.0",
    name: "openSUSE Leap 16.0",
    os: os("opensuse", "16.0"),
    base: "https://download.opensuse.org/distribution/leap/16.0/appliances/",
    file: "Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2",
    checksums: "Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2.sha256",
    defaultUser: "opensuse",
    minDiskGib: 10,
  },
];

/** Fedora's build of the drivers that Windows needs for virtio. Its publisher lists no checksums: HTTPS alone vouches for it. */
const virtioWin = create(CatalogEntrySchema, {
  id: "virtio-win",
  name: "virtio-win, drivers for Windows",
  description: "An ISO to attach beside Windows' own, which has no drivers for virtio disks and networks",
  os: { family: "drivers", distribution: "virtio-win", architecture: "x86_64" },
  url: "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso",
});

/** Windows, which nobody but Microsoft may hand out. */
const windows = [
  { id: "windows-server-2022", name: "Windows Server 2022", version: "2022", minMemoryMib: 2048n, minDiskGib: 32n },
  { id: "windows-server-2025", name: "Windows Server 2025", version: "2025", minMemoryMib: 2048n, minDiskGib: 32n },
  { id: "windows-11", name: "Windows 11", version: "11", minMemoryMib: 4096n, minDiskGib: 64n },
].map(({ id, name, version, minMemoryMib, minDiskGib }) =>
  create(CatalogEntrySchema, {
    id,
    name,
    description: `${name}, installed from Microsoft's ISO, with the drivers of virtio-win`,
    os: { family: "windows", distribution: "windows", version, architecture: "x86_64" },
    requirements: { minMemoryMib, minDiskGib, firmware: ImageRequirements_Firmware.UEFI_SECURE_BOOT },
    howToGet:
      "Get the ISO from Microsoft with your own licence, upload it (lqx image upload FILE.iso), fetch virtio-win, and attach both to a new VM",
  }),
);

const cloudImages = listed.map((entry) =>
  create(CatalogEntrySchema, {
    id: entry.id,
    name: entry.name,
    description: `${entry.name}: the publisher's own cloud image, newest build`,
    os: entry.os,
    url: entry.base + entry.file,
    checksumUrl: entry.base + entry.checksums,
    defaultUser: entry.defaultUser,
    requirements: { minMemoryMib: 512n, minDiskGib: BigInt(entry.minDiskGib) },
  }),
);

export const imageCatalogue: readonly CatalogEntry[] = [...cloudImages, virtioWin, ...windows];

export function findCatalogEntry(id: string): CatalogEntry | undefined {
  return imageCatalogue.find((entry) => entry.id === id);
}

function os(distribution: string, version: string) {
  return { family: "linux", distribution, version, architecture: "x86_64" };
}
