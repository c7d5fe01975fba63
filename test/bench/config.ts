/** The libvirt that a bench may use: a lab host's. */
export function libvirtSocket(): string {
  const socket = process.env["LIMIQUANTIX_LIBVIRT_SOCKET"];
  if (!socket) throw new Error("run this bench in a lab host: npm run bench");
  return socket;
}

/** Names of the benches to run, from the command line; empty: all. */
export const wanted: readonly string[] = process.argv.slice(2);
