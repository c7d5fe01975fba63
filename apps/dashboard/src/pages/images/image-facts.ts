import {
  ImageSpec_Format,
  ImageStatus_Phase,
  StoragePoolSpec_Backend,
  type Image,
  type Node,
  type OsInfo,
  type StoragePool,
  type VirtualMachine,
} from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const tones: Partial<Record<ImageStatus_Phase, Tone>> = {
  [ImageStatus_Phase.READY]: "ok",
  [ImageStatus_Phase.ERROR]: "bad",
  [ImageStatus_Phase.DOWNLOADING]: "info",
  [ImageStatus_Phase.CONVERTING]: "info",
};

/** An image's state as a person reads it; `name` is the API's word. */
export function imageState({ status }: Image): { tone: Tone; label: string; busy: boolean; name: string } {
  const phase = status?.phase ?? ImageStatus_Phase.UNKNOWN;
  const name = ImageStatus_Phase[phase] ?? "UNKNOWN";
  const busy = phase === ImageStatus_Phase.DOWNLOADING || phase === ImageStatus_Phase.CONVERTING;
  const percent = busy && status?.progressPercent ? ` ${status.progressPercent} %` : "";
  return { tone: tones[phase] ?? "idle", label: `${strings.images.states[name] ?? name}${percent}`, busy, name };
}

/** Its file may still come. */
export function awaitsUpload({ status, spec }: Image): boolean {
  const phase = status?.phase;
  const awaited = phase === ImageStatus_Phase.PENDING || phase === ImageStatus_Phase.DOWNLOADING;
  return awaited && !spec?.source?.url && !spec?.catalogId;
}

/** As found in the file; empty while nothing is known. */
export function formatName({ status }: Image): string {
  const format = status?.format ?? ImageSpec_Format.UNKNOWN;
  if (format === ImageSpec_Format.UNKNOWN) return "";
  return format === ImageSpec_Format.QCOW2
    ? "qcow2"
    : format === ImageSpec_Format.RAW
      ? "raw"
      : ImageSpec_Format[format];
}

export function isIso({ status }: Image): boolean {
  return status?.format === ImageSpec_Format.ISO;
}

const names: Record<string, string> = {
  debian: "Debian",
  ubuntu: "Ubuntu",
  rocky: "Rocky Linux",
  almalinux: "AlmaLinux",
  centos: "CentOS",
  rhel: "Red Hat Enterprise Linux",
  fedora: "Fedora",
  opensuse: "openSUSE",
  arch: "Arch Linux",
  alpine: "Alpine",
  freebsd: "FreeBSD",
  windows: "Windows",
};

/** Debian 12. */
export function osName(os: Partial<Pick<OsInfo, "family" | "distribution" | "version">> | undefined): string {
  if (!os) return "";
  const distribution =
    names[os.distribution ?? ""] ?? (os.distribution || (os.family === "linux" ? "Linux" : os.family));
  return [distribution, os.version].filter(Boolean).join(" ");
}

/** The pool's name, with its host's where only one has it. */
export function poolName(pool: StoragePool, nodes: ReadonlyMap<string, Pick<Node, "hostname">>): string {
  const [first, ...others] = pool.spec?.assignedNodeIds ?? [];
  const host = first && others.length === 0 ? nodes.get(first)?.hostname : undefined;
  const local =
    pool.spec?.backend === StoragePoolSpec_Backend.LOCAL_DIR ||
    pool.spec?.backend === StoragePoolSpec_Backend.LOCAL_LVM;
  return host && local ? `${pool.name} (${host})` : pool.name;
}

/** Which VMs have a disk or a drive made from each image. */
export function usersOfImages(vms: readonly VirtualMachine[]): ReadonlyMap<string, readonly VirtualMachine[]> {
  const users = new Map<string, VirtualMachine[]>();
  for (const vm of vms) {
    const ids = new Set([...(vm.spec?.disks ?? []), ...(vm.spec?.cdroms ?? [])].map(({ imageId }) => imageId));
    for (const id of ids) {
      if (!id) continue;
      const list = users.get(id);
      if (list) list.push(vm);
      else users.set(id, [vm]);
    }
  }
  return users;
}

const nameForm = /^[A-Za-z0-9]([A-Za-z0-9 ._-]*[A-Za-z0-9])?$/;

/** What is wrong with an image's name; undefined: nothing. */
export function nameFault(name: string): string | undefined {
  return name.length <= 63 && nameForm.test(name) ? undefined : strings.images.fields.nameWrong;
}

/** What is wrong with a checksum; undefined: nothing, or there is none. */
export function checksumFault(checksum: string, lengths: readonly number[] = [64, 128]): string | undefined {
  if (checksum === "") return undefined;
  if (!/^[0-9a-fA-F]*$/.test(checksum)) return strings.images.import.checksumHex;
  return lengths.includes(checksum.length) ? undefined : strings.images.import.checksumWrong(checksum.length);
}
