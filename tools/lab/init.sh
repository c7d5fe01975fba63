#!/bin/bash
# Process 1 of a lab host: init.sh DIRECTORY HOSTNAME. Makes the namespaces look like a machine of their own, starts
# libvirt, then reaps. When it dies, everything in the host dies with it, as if the power were cut.
set -eu
dir=$1
# /proc is still the outer one here: field 1 is our pid as the lab sees us, field 22 tells it from a later stranger.
read -r pid rest </proc/self/stat
rest=${rest#*) }
# shellcheck disable=SC2086
set -- "$2" $rest
echo "$pid ${21}" >"$dir/init.pid"
hostname "$1"

mount --make-rprivate /
# sysfs shows the network devices of the namespace it was mounted in; the cgroups below it are kept.
mkdir -p "$dir/cgroup"
mount --rbind /sys/fs/cgroup "$dir/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$dir/cgroup" /sys/fs/cgroup
umount -l "$dir/cgroup"
mount -t proc proc /proc
for path in run/libvirt run/limiquantix var/lib/libvirt var/lib/limiquantix var/log/libvirt var/cache/libvirt etc/libvirt; do
  mkdir -p "/$path"
  mount --bind "$dir/$path" "/$path"
done
mount --bind "$dir/hosts" /etc/hosts
ip link set lo up

exec </dev/null
"${BASH_SOURCE[0]%/*}/libvirtd.sh" start
: >"$dir/ready"
while :; do wait -n 2>/dev/null || sleep 1; done
