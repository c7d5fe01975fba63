import { Channel, type Log } from "@limiquantix/kit";
import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";

const STATUS = ".status";

/**
 * The bridges whose leases change: libvirt's DHCP helper writes `<bridge>.status` at each change. No polling, and no
 * libvirt event exists for it.
 */
export async function watchLeaseFiles(
  directory: string,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<AsyncIterable<string>> {
  // libvirt makes it with its first network.
  await mkdir(directory, { recursive: true });
  const over = new AbortController();
  const channel = new Channel<string>({ signal, onEnd: () => over.abort() });
  const watcher = watch(directory, { signal: AbortSignal.any([signal, over.signal]) }, (_, name) => {
    if (name?.endsWith(STATUS)) channel.push(name.slice(0, -STATUS.length));
  });
  watcher.on("error", (error) => {
    log.error("cannot watch the DHCP leases", { directory, error });
    channel.end(error);
  });
  return channel;
}
