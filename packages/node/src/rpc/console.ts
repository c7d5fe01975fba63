import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { invalid } from "@limiquantix/api";
import {
  ConsoleOpen_Type,
  ConsoleResponseSchema,
  type ConsoleRequest,
  type ConsoleResponse,
} from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";

/** Bytes between a caller and a guest's serial port or screen; ends when either side does. */
export function openConsole({ hypervisor, signal, log }: NodeParts) {
  return async function* (
    requests: AsyncIterable<ConsoleRequest>,
    context: HandlerContext,
  ): AsyncIterable<ConsoleResponse> {
    const input = requests[Symbol.asyncIterator]();
    const first = await input.next();
    if (first.done || first.value.input.case !== "open") {
      throw invalid([{ field: "open", message: "the first message opens the console" }]);
    }
    const { vmId, type } = first.value.input.value;
    const stream = await hypervisor.consoles.open(vmId, type === ConsoleOpen_Type.VNC ? "vnc" : "serial");
    const ended = AbortSignal.any([context.signal, signal]);
    let closed: Promise<void> | undefined;
    const close = () =>
      (closed ??= Promise.resolve(stream[Symbol.asyncDispose]()).catch((cause: unknown) => {
        log.debug("a console did not close cleanly", { vmId, err: cause });
      }));
    const onAbort = () => void close();
    ended.addEventListener("abort", onAbort, { once: true });
    const pump = async () => {
      for (let next = await input.next(); !next.done; next = await input.next()) {
        if (next.value.input.case === "data") await stream.write(next.value.input.value);
      }
    };
    // A caller that ends its side has closed its window.
    const pumping = pump()
      .catch(() => {})
      .finally(onAbort);
    try {
      for await (const data of stream.readable) yield create(ConsoleResponseSchema, { data });
    } finally {
      ended.removeEventListener("abort", onAbort);
      await close();
      void pumping;
    }
  };
}
