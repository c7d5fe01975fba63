import { fromConnectError } from "@limiquantix/api";
import { ConsoleOpen_Type } from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import { RfbClientFilter } from "./rfb-client-filter.ts";
import type { ConsoleGrant } from "./tickets.ts";

/** One end of a console connection: a person's browser or terminal. */
export interface ConsolePeer {
  /** What the person types or does; ends when they go away. */
  input: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes are on their way, so that a slow reader slows the guest's output and not our memory. */
  output(bytes: Uint8Array): Promise<void>;
}

/** A console whose input waits for a host that does not read it is cut off. */
const mostQueuedInputs = 4096;
const mostQueuedBytes = 4 * 1024 * 1024;

/** What of a viewer's input goes on to the guest. */
function inputFilter({ type, viewOnly }: ConsoleGrant): (bytes: Uint8Array) => Uint8Array {
  if (type === "SERIAL") return viewOnly ? () => new Uint8Array() : (bytes) => bytes;
  const filter = new RfbClientFilter({ viewOnly });
  return (bytes) => filter.push(bytes);
}

/** Joins a person to a guest's console until either end goes away. Throws what the host answers, as a Problem. */
export async function bridgeConsole(
  hosts: HostClients,
  grant: ConsoleGrant,
  peer: ConsolePeer,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const either = AbortSignal.any([signal, gone.signal]);
  const queue = new Channel<Uint8Array>({ limit: mostQueuedInputs, signal: either });
  const away = () => {
    queue.end();
    gone.abort(new Error("the viewer went away"));
  };
  const filter = inputFilter(grant);
  let refused: unknown;
  let queuedBytes = 0;
  void (async () => {
    for await (const input of peer.input) {
      let bytes: Uint8Array;
      try {
        bytes = filter(input);
      } catch (why) {
        refused = why;
        return;
      }
      if (bytes.length === 0) continue;
      queuedBytes += bytes.length;
      if (queuedBytes > mostQueuedBytes) return;
      queue.push(bytes);
    }
  })().then(away, away);

  async function* toHost() {
    const open = { vmId: grant.vmId, type: ConsoleOpen_Type[grant.type] };
    yield { input: { case: "open" as const, value: open } };
    for await (const data of queue) {
      queuedBytes -= data.length;
      yield { input: { case: "data" as const, value: data } };
    }
  }

  try {
    for await (const { data } of hosts.client(grant.nodeId).console(toHost(), { signal: either })) {
      await peer.output(data);
    }
  } catch (cause) {
    if (!either.aborted) throw fromConnectError(cause, "the console's host");
  } finally {
    queue.end();
  }
  if (refused) throw refused;
}
