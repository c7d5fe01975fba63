import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { NodeEventSchema, type NodeEvent, type StreamEventsRequest } from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import type { NodeParts } from "../node-parts.ts";

const ALIVE_EVERY_MS = 1000;

export function streamEvents(parts: NodeParts) {
  const { observer, networks, pools, clock, facts, signal } = parts;
  return async function* (_request: StreamEventsRequest, context: HandlerContext): AsyncIterable<NodeEvent> {
    const events = new Channel<NodeEvent>({ signal: AbortSignal.any([context.signal, signal]) });
    // Subscribed before the snapshot is taken: nothing falls between the two.
    using _changes = observer.subscribe(({ vmId, vm }) => {
      const event = vm ? { case: "vmChanged" as const, value: vm } : { case: "vmGone" as const, value: vmId };
      events.push(create(NodeEventSchema, { event }));
    });
    using _link = observer.subscribeLink((link) => {
      events.push(create(NodeEventSchema, { event: { case: "hypervisor", value: link } }));
    });
    using _networks = networks.subscribe((network) => {
      events.push(create(NodeEventSchema, { event: { case: "networkChanged", value: network } }));
    });
    using _pools = pools.subscribe((report) => {
      events.push(create(NodeEventSchema, { event: { case: "poolChanged", value: report } }));
    });
    let timer: Disposable | undefined;
    const beat = () => {
      events.push(create(NodeEventSchema, { event: { case: "alive", value: { at: timestampFromMs(clock.now()) } } }));
      timer = clock.after(ALIVE_EVERY_MS, beat, { background: true });
    };
    timer = clock.after(ALIVE_EVERY_MS, beat, { background: true });
    parts.onEventStream(1);
    try {
      const snapshot = {
        vms: observer.vms(),
        bootId: facts.bootId,
        hypervisorConnected: observer.link.connected,
        networks: networks.list(),
      };
      yield create(NodeEventSchema, { event: { case: "snapshot", value: snapshot } });
      yield* events;
    } finally {
      timer[Symbol.dispose]();
      parts.onEventStream(-1);
    }
  };
}
