import { Metric_Name as Name, Metric_Unit as Unit } from "@limiquantix/api";

/** What has a history of its own; clusters and the root are sums of hosts. */
export type RecordedKind = "vm" | "node" | "pool";

/** The columns of their records. A change of it needs a new version of the file (snapshot.ts). */
export const columns: { readonly [K in RecordedKind]: readonly Name[] } = {
  vm: [
    Name.CPU,
    Name.MEMORY_USED,
    Name.DISK_READ,
    Name.DISK_WRITE,
    Name.DISK_REQUESTS,
    Name.NETWORK_RECEIVED,
    Name.NETWORK_SENT,
  ],
  node: [
    Name.CPU,
    Name.MEMORY_USED,
    Name.DISK_READ,
    Name.DISK_WRITE,
    Name.DISK_REQUESTS,
    Name.NETWORK_RECEIVED,
    Name.NETWORK_SENT,
    Name.LOAD,
    Name.DAEMON_CPU,
    Name.DAEMON_MEMORY,
  ],
  pool: [Name.SPACE_USED],
};

export function unitOf(name: Name): Unit {
  switch (name) {
    case Name.CPU:
    case Name.DAEMON_CPU:
      return Unit.PERCENT;
    case Name.MEMORY_USED:
    case Name.DAEMON_MEMORY:
    case Name.SPACE_USED:
      return Unit.BYTES;
    case Name.DISK_READ:
    case Name.DISK_WRITE:
    case Name.NETWORK_RECEIVED:
    case Name.NETWORK_SENT:
      return Unit.BYTES_PER_SECOND;
    case Name.DISK_REQUESTS:
      return Unit.PER_SECOND;
    default:
      return Unit.NONE;
  }
}
