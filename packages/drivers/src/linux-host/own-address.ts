import { createSocket } from "node:dgram";
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";

/**
 * The address that this host sends from towards `url`: connecting a UDP socket sends nothing and makes the kernel
 * choose (udp(7)). Without a route, the first address that is not loopback's.
 */
export async function ownAddressTowards(url: string | undefined): Promise<string> {
  const target = url === undefined ? undefined : URL.parse(url);
  if (target) {
    try {
      return await sourceAddress(target.hostname.replace(/^\[|\]$/g, ""), Number(target.port) || 443);
    } catch {
      // No route, or no such name yet: the host is registered by another address and corrected at the next start.
    }
  }
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal }) => !internal);
  return (outside.find(({ family }) => family === "IPv4") ?? outside[0])?.address ?? "127.0.0.1";
}

async function sourceAddress(host: string, port: number): Promise<string> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    const connected = once(socket, "connect");
    socket.connect(port, address);
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** By device, as 10.0.0.5/24. */
export function ownAddresses(): Map<string, string[]> {
  return new Map(
    Object.entries(networkInterfaces()).map(([name, addresses]) => [
      name,
      (addresses ?? []).flatMap(({ cidr }) => cidr ?? []),
    ]),
  );
}
