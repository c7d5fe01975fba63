import { parseArgs } from "node:util";

/** The libvirt that a bench may use: a lab host's. */
export function libvirtSocket(): string {
  const socket = process.env["LIMIQUANTIX_LIBVIRT_SOCKET"];
  if (!socket) throw new Error("run this bench in a lab host: npm run bench");
  return socket;
}

const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "1" } },
  allowPositionals: true,
  // Under vitest the command line is vitest's.
  strict: false,
});

/** Names of the benches to run, from the command line; empty: all. */
export const wanted: readonly string[] = positionals;

/** How long what is measured over time is measured. */
export const minutes = Number(values.minutes);
