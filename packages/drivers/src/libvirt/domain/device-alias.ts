/** Our name for a device in libvirt, which takes `ua-` and [A-Za-z0-9_-] (virDomainDefParse of user aliases). */
export function deviceAlias(kind: "disk" | "cdrom" | "nic", id: string, index: number): string {
  if (id === "") return `ua-${kind}-${index}`;
  const isPlain = /^[A-Za-z0-9_-]{1,64}$/.test(id);
  return `ua-${kind}-${isPlain ? id : Buffer.from(id, "utf8").toString("hex")}`;
}

const DISK_PREFIX = "ua-disk-";

/** The id of a disk by its alias, where that holds it as it is; undefined for what is not ours. */
export function diskIdOf(alias: string): string | undefined {
  return alias.startsWith(DISK_PREFIX) ? alias.slice(DISK_PREFIX.length) : undefined;
}

/** The seed is one per domain. */
export const SEED_ALIAS = "ua-seed";
