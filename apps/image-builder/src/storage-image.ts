import { randomUUID } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { aptState, downloadDebs, findDebs, resolveMetapackage } from "./apt.ts";
import { writeDebianRoot } from "./debian-image.ts";
import { digestRecipe, type ImageCache, type Ingredients } from "./image-cache.ts";
import { run } from "./run.ts";

const ROOT_MIB = 6144;

const packages = `
  systemd-sysv udev dbus kmod iproute2 procps busybox-static util-linux
  nfs-kernel-server nfs-common rpcbind tgt open-iscsi lvm2 thin-provisioning-tools multipath-tools sanlock lvm2-lockd
  qemu-utils e2fsprogs xfsprogs
  qemu-system-x86 libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients dnsmasq-base iptables bubblewrap`
  .trim()
  .split(/\s+/);

/**
 * What the kernel of the machine may lack, for tests: NFS, an iSCSI initiator, device mapper; with libvirt and QEMU for
 * guests that use them. A folder of `vmlinuz`, `initrd` and `root.qcow2`, with this very Node and an agent that runs
 * programs for whoever asks by TCP.
 */
export async function storageImage(cache: ImageCache): Promise<Ingredients> {
  const assets = join(import.meta.dirname, "../assets/storage");
  const recipe = (await digestRecipe(["storage-image.ts", "debian-image.ts"], assets)) + process.version;
  let kernel = "";
  return {
    name: "storage-vm",
    extension: "",
    quick: recipe + (await aptState()),
    async exact() {
      kernel = await resolveMetapackage("linux-image-cloud-amd64", /^linux-image-/);
      return recipe + (await findDebs([kernel, ...packages])).map(({ digest }) => digest).join("\n");
    },
    async build(folder, scratch) {
      // mmdebstrap's hooks see this folder as root of a namespace of their own.
      await chmod(scratch, 0o755);
      await mkdir(folder);
      await downloadDebs([kernel], cache.packages);
      const [deb] = await findDebs([kernel]);
      const unpacked = join(scratch, "kernel");
      await run("dpkg-deb", ["-x", join(cache.packages, deb?.fileName ?? ""), unpacked]);
      const root = join(scratch, "root.img");
      await writeDebianRoot({
        root,
        uuid: randomUUID(),
        packages,
        sizeMib: ROOT_MIB,
        customize: [join(assets, "customize.sh"), join(assets, "root"), unpacked, process.execPath, folder],
        cache,
        scratch,
      });
      // Not compressed: it is read at every start.
      await run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", root, join(folder, "root.qcow2")]);
    },
  };
}
