import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { NodeSchema, problem, Reason } from "@limiquantix/api";
import { NodeDaemonService, NodeEventSchema } from "@limiquantix/api/daemon";
import { newId, systemClock, type Log } from "@limiquantix/kit";
import { expect, test, vi } from "vitest";
import { allTables } from "../all-tables.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { nodes } from "../tables.ts";
import { HostLinks } from "./host-links.ts";

test("an endpoint that cannot be dialled says so, harms nobody, and is dialled once it is right", async () => {
  const errors: string[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message), child: () => log };
  const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock: systemClock, log });
  const host = createRouterTransport((router) =>
    router.service(NodeDaemonService, {
      async *streamEvents(_, { signal }) {
        yield create(NodeEventSchema, { event: { case: "snapshot", value: { hypervisorConnected: true } } });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    }),
  );
  const snapshot = vi.fn<() => void>();
  const nothing = () => {};
  const links = new HostLinks({
    db,
    clock: systemClock,
    log,
    dialer: ({ hostname, spec }) => {
      if (spec?.agent?.endpoint === "right") return host;
      throw problem(Reason.NODE_UNREACHABLE, { node: hostname, cause: "its endpoint is no URL" });
    },
    listener: {
      snapshot,
      vmChanged: nothing,
      vmGone: nothing,
      networkChanged: nothing,
      hypervisor: nothing,
      poolChanged: nothing,
      lost: nothing,
    },
  });
  links.start();
  const id = newId();
  const node = create(NodeSchema, { id, hostname: "hv-1", spec: { agent: { endpoint: "wrong" } } });
  await db.transact((tx) => tx.insert(nodes, node));
  await vi.waitFor(() => expect(() => links.client(id)).toThrow("its endpoint is no URL"));
  await db.transact((tx) =>
    tx.update(nodes, id, ({ spec }) => void Object.assign(spec?.agent ?? {}, { endpoint: "right" })),
  );
  await vi.waitFor(() => expect(snapshot).toHaveBeenCalledOnce());
  expect(links.reachable(id)).toBe(true);
  expect(errors).toEqual([]);
  links.stop();
  await db[Symbol.asyncDispose]();
});
