/** Our name for a device in libvirt, which takes `ua-` and [A-Za-z0-9_-] (virDomainDefParse of user aliases). */
export function deviceAlias(kind: "disk" | "cdrom" | "nic", id: string, index: number): string {
  if (id === "") return `ua-${kind}-${index}`;
  const isPlain = /^[A-Za-z0-9_-]{1,64}$/.test(id);
  return `ua-${kind}-${isPlain ? id : Buffer.from(id, "utf8").toString("hex")}`;
}

/** The seed is one per domain. */
export const SEED_ALIAS = "ua-seed";
