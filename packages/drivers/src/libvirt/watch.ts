import { Channel, type Log } from "@limiquantix/kit";
import { type DomainRef, type EventName, type LibvirtConnection, uuidToString } from "@limiquantix/libvirt";
import type { HypervisorEvent } from "@limiquantix/node";

/** Each of these says: look at this domain. */
const DOMAIN_EVENTS = [
  "LIFECYCLE",
  "REBOOT",
  "WATCHDOG",
  "IO_ERROR",
  "BLOCK_JOB_2",
  "DEVICE_ADDED",
  "DEVICE_REMOVED",
  "METADATA_CHANGE",
  "TUNABLE",
  "BALLOON_CHANGE",
  "TRAY_CHANGE",
  "AGENT_LIFECYCLE",
  "MEMORY_DEVICE_SIZE_CHANGE",
] as const satisfies EventName[];

/** What happens to the domains and to the connection, beginning with how the connection is now. */
export function watchDomains(
  connection: LibvirtConnection,
  { signal, log }: { signal: AbortSignal; log: Log },
): AsyncIterable<HypervisorEvent> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const channel = new Channel<HypervisorEvent>({ signal, onEnd: () => over.abort() });
  const look = ({ dom }: { dom: DomainRef }) => channel.push({ kind: "domain", vmId: uuidToString(dom.uuid) });
  const subscribed = DOMAIN_EVENTS.map((name) => connection.subscribe(name, look, { signal: stop }));
  void Promise.all(subscribed).then(
    () => {
      if (stop.aborted) return;
      const listening = connection.onState((state) =>
        channel.push(
          state.state === "connected" ? { kind: "connected" } : { kind: "disconnected", cause: state.reason.message },
        ),
      );
      stop.addEventListener("abort", () => listening[Symbol.dispose](), { once: true });
    },
    (error: unknown) => {
      if (stop.aborted) return;
      log.error("cannot watch libvirt's events", { error });
      channel.end(error);
    },
  );
  return channel;
}
