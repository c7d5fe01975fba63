#!/bin/sh
# Runs inside mmdebstrap when all packages are in: customize.sh ROOT OUR_FILES KERNEL_PACKAGE NODE FOLDER
set -eu
root=$1 files=$2 kernel=$3 node=$4 folder=$5
version=$(basename "$kernel"/boot/vmlinuz-*)
version=${version#vmlinuz-}

cp -r "$files/." "$root/"
cp -L "$node" "$root/usr/local/bin/node"
cp -r "$kernel/lib/modules" "$root/usr/lib/"
depmod -b "$root" "$version"
cp "$kernel/boot/vmlinuz-$version" "$folder/vmlinuz"

passwd -R "$root" -d root >/dev/null
echo storage-vm >"$root/etc/hostname"
printf '127.0.0.1 localhost storage-vm\n' >"$root/etc/hosts"
: >"$root/etc/fstab"
: >"$root/etc/exports"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin

# The stock initramfs would take ten seconds under emulation; the disk's driver and a shell are enough.
initrd=$(mktemp -d)
mkdir "$initrd/bin"
cp "$root/bin/busybox" "$initrd/bin/"
modules="drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci drivers/block/virtio_blk"
for module in $modules; do cp "$kernel/lib/modules/$version/kernel/$module.ko" "$initrd/"; done
cat >"$initrd/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox mkdir -p /dev /root
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
  /bin/busybox insmod /$module.ko
done
/bin/busybox mount -t ext4 -o rw /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
EOF
chmod +x "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$folder/initrd"
rm -rf "$initrd"
