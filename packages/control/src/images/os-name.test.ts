import { expect, test } from "vitest";
import { osByName } from "./os-name.ts";

test.each([
  ["debian12_64Guest", "linux debian 12 x86_64"],
  ["Debian_64", "linux debian  x86_64"],
  ["Debian 13.1.0 amd64 n", "linux debian 13 x86_64"],
  ["debian-12-genericcloud-arm64.qcow2", "linux debian 12 aarch64"],
  ["Ubuntu-Server 24.04.1 LTS amd64", "linux ubuntu 24.04 x86_64"],
  ["noble-server-cloudimg-amd64.img", "linux ubuntu 24.04 x86_64"],
  ["Rocky-9-GenericCloud-Base.latest.x86_64.qcow2", "linux rocky 9 x86_64"],
  ["Rocky-9-4-x86_64-dvd", "linux rocky 9 x86_64"],
  ["AlmaLinux-9-GenericCloud-latest.x86_64.qcow2", "linux almalinux 9 x86_64"],
  ["Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2", "linux fedora 43 x86_64"],
  ["Fedora-S-dvd-x86_64-43", "linux fedora 43 x86_64"],
  ["openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2", "linux opensuse 15.6 x86_64"],
  ["centos9_64Guest", "linux centos 9 x86_64"],
  ["windows2019srvNext_64Guest", "windows windows 2019 x86_64"],
  ["Windows11_64", "windows windows 11 x86_64"],
  ["SSS_X64FRE_EN-US_DV9", "windows windows  x86_64"],
  ["CCCOMA_X64FRE_EN-US_DV9", "windows windows  x86_64"],
  ["virtio-win-0.1.285", "drivers virtio-win 0.1.285 "],
  ["disk.qcow2", "nothing"],
  ["search-archive.raw", "nothing"],
])("%s", (name, expected) => {
  const found = osByName(["", name]);
  const told = found && [found.family, found.distribution, found.version, found.architecture].join(" ");
  expect(told ?? "nothing").toBe(expected);
});
