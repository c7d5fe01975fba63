/** A value of libvirt's configuration files: virConf syntax (quoted string, number, list of strings). */
export type ConfValue = string | number | readonly string[];
export type Conf = Readonly<Record<string, ConfValue>>;

/** Prints settings in virConf syntax, one a line. */
export function printConf(conf: Conf): string {
  return Object.entries(conf)
    .map(([key, value]) => `${key} = ${printValue(value)}\n`)
    .join("");
}

function printValue(value: ConfValue): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
}

/**
 * qemu.conf for every host: virtlockd guards each VM by one explicit lease, so that a second copy is refused even
 * when its disks are others.
 */
export const leaseConf: Conf = { lock_manager: "lockd" };

/** qemu-lockd.conf: automatic leases on disks are off, because they break the commit of a snapshot chain. */
export const lockdConf: Conf = { auto_disk_leases: 0, require_lease_for_disks: 0 };

/**
 * qemu.conf where no systemd runs: a container, a test machine. Nobody there gives libvirt cgroups of its own, device
 * namespaces or a security driver, and the whole machine is root's already.
 */
export const plainHostConf: Conf = {
  user: "root",
  group: "root",
  dynamic_ownership: 0,
  remember_owner: 0,
  security_driver: "none",
  security_default_confined: 0,
  cgroup_controllers: [],
  namespaces: [],
  stdio_handler: "logd",
  keepalive_interval: 5,
  keepalive_count: 3,
};

/** libvirtd.conf where no systemd and no polkit runs: root alone may connect, and needs no further proof. */
export const plainLibvirtdConf: Conf = {
  unix_sock_group: "root",
  unix_sock_rw_perms: "0700",
  auth_unix_rw: "none",
  auth_unix_ro: "none",
  max_clients: 500,
  max_client_requests: 64,
  keepalive_interval: 5,
  keepalive_count: 3,
};

const MARK_BEGIN = "# >>> limiquantix: written by tools/host-setup, do not edit between the marks";
const MARK_END = "# <<< limiquantix";

/**
 * A configuration file with our settings in one marked block at its end. Writing twice gives the same file; a
 * setting that stands outside the block is commented out, because virConf takes the last one silently.
 */
export function withMarkedBlock(file: string, conf: Conf): string {
  const keys = new Set(Object.keys(conf));
  const kept = withoutMarkedBlock(file)
    .split("\n")
    .map((line) => (keys.has(/^\s*(\w+)\s*=/.exec(line)?.[1] ?? "") ? `# ${line}` : line))
    .join("\n");
  const separator = kept === "" || kept.endsWith("\n") ? "" : "\n";
  return `${kept}${separator}${MARK_BEGIN}\n${printConf(conf)}${MARK_END}\n`;
}

function withoutMarkedBlock(file: string): string {
  const begin = file.indexOf(MARK_BEGIN);
  if (begin < 0) return file;
  const end = file.indexOf(MARK_END, begin);
  return file.slice(0, begin) + (end < 0 ? "" : file.slice(end + MARK_END.length).replace(/^\n/, ""));
}
