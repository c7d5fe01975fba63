/** A session of this host with a target, by one of its portals. */
export interface IscsiSession {
  target: string;
  /** Address:port, an IPv6 address in brackets. */
  portal: string;
  isLoggedIn: boolean;
  /** Kernel name of the disk, by LUN. */
  disks: Map<number, string>;
}

/** `iscsiadm -m session -P 3`. */
export function parseSessions(said: string): IscsiSession[] {
  const sessions: IscsiSession[] = [];
  let target = "";
  let lun: number | undefined;
  for (const line of said.split("\n").map((text) => text.trim())) {
    const [, key = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    const session = sessions.at(-1);
    if (key === "Target") target = value.split(" ")[0] ?? "";
    else if (key === "Current Portal")
      sessions.push({ target, portal: withoutTag(value), isLoggedIn: false, disks: new Map() });
    else if (key === "Persistent Portal" && session) session.portal = withoutTag(value);
    else if (key === "iSCSI Session State" && session) session.isLoggedIn = value === "LOGGED_IN";
    const [, at] = /^scsi\d+ Channel \d+ Id \d+ Lun: (\d+)$/.exec(line) ?? [];
    if (at !== undefined) lun = Number(at);
    const [, disk] = /^Attached scsi disk (\S+)/.exec(line) ?? [];
    if (disk && lun !== undefined) session?.disks.set(lun, disk);
  }
  return sessions;
}

/** `iscsiadm -m discovery -t sendtargets`: what a portal offers. */
export function parseOffers(said: string): { portal: string; target: string }[] {
  return said.split("\n").flatMap((line) => {
    const [, portal, target] = /^(\S+),\d+ (\S+)$/.exec(line.trim()) ?? [];
    return portal && target ? [{ portal, target }] : [];
  });
}

function withoutTag(portal: string): string {
  return portal.replace(/,-?\d+$/, "");
}
