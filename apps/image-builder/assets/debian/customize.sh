#!/bin/sh
# Runs inside mmdebstrap when all packages are in: customize.sh ROOT ESP_FOLDER FILESYSTEM_UUID COMMAND_LINE
set -eu
root=$1 esp=$2 uuid=$3 command_line=$4

echo "LABEL=root / ext4 defaults,errors=remount-ro 0 1
LABEL=ESP /boot/efi vfat umask=0077,nofail,x-systemd.automount 0 1" >"$root/etc/fstab"
# What must differ between guests is made at their first boot.
: >"$root/etc/machine-id"
rm -f "$root"/var/lib/dbus/machine-id "$root"/etc/ssh/ssh_host_*
echo localhost >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$root/etc/hosts"

mkdir -p "$root/boot/efi" "$root/boot/grub" "$root/etc/cloud/cloud.cfg.d"
cat >"$root/boot/grub/grub.cfg" <<EOF
set timeout=0
serial --unit=0 --speed=115200
terminal_output console serial
search --no-floppy --fs-uuid --set=root $uuid
menuentry "Debian" {
  linux /vmlinuz root=UUID=$uuid ro $command_line
  initrd /initrd.img
}
EOF
# A small initramfs, because GRUB reads by BIOS, which is slow under emulation: the buses that a VM can have.
mkdir -p "$root/etc/initramfs-tools/conf.d"
printf 'MODULES=list\nCOMPRESS=zstd\nFSTYPE=ext4\n' >"$root/etc/initramfs-tools/conf.d/vm"
printf '%s\n' virtio_pci virtio_blk virtio_scsi sd_mod sr_mod ahci nvme ext4 crc32c_generic crc32c_intel \
  >>"$root/etc/initramfs-tools/modules"

echo 'datasource_list: [ NoCloud, ConfigDrive, None ]' >"$root/etc/cloud/cloud.cfg.d/90_dpkg.cfg"
# A quick first boot: no RSA or DSA keys, no locale to build.
cat >"$root/etc/cloud/cloud.cfg.d/95_limiquantix.cfg" <<EOF
ssh_genkeytypes: [ed25519, ecdsa]
locale: false
apt: {preserve_sources_list: true}
system_info: {network: {renderers: [netplan, networkd]}}
EOF
# A NIC without a network must not hold the boot for two minutes.
mkdir -p "$root/etc/systemd/system/systemd-networkd-wait-online.service.d"
printf '[Service]\nExecStart=\nExecStart=/lib/systemd/systemd-networkd-wait-online --any --timeout=20\n' \
  >"$root/etc/systemd/system/systemd-networkd-wait-online.service.d/vm.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
chroot "$root" update-initramfs -u -k all

# The boot loader's signed files go to the ESP; its packages would only take room.
cp "$root/usr/lib/shim/shimx64.efi.signed" "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$esp/"
chroot "$root" apt-get -y -qq --allow-remove-essential purge 'grub*' 'shim-*' mokutil >/dev/null
chroot "$root" apt-get -y -qq -o APT::AutoRemove::SuggestsImportant=false -o APT::AutoRemove::RecommendsImportant=false \
  autoremove --purge >/dev/null
chroot "$root" systemctl enable systemd-networkd systemd-resolved qemu-guest-agent
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/*
rm -f "$root"/var/log/*.log "$root"/var/log/apt/*
