import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { NodeSchema } from "@limiquantix/api";
import { NodeDaemonService } from "@limiquantix/api/daemon";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { nodeDialer } from "./node-dialer.ts";

test("a host that takes a connection and says nothing is given up, and dialled anew", async () => {
  const taken: Socket[] = [];
  const server = createServer((socket) => void taken.push(socket.on("error", () => {})));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dial = nodeDialer({
    identity: () => ({ keyPem: "", certificatePem: "", caCertificatePem: "" }),
    certificates: { hostCertificateFault: () => undefined, onRevoked: () => ({ [Symbol.dispose]: () => {} }) },
    dev: false,
    limitMs: 200,
  });
  const daemon = createClient(NodeDaemonService, dial(create(NodeSchema, { id: "n", spec: { agent: { endpoint } } })));
  for (const times of [1, 2]) {
    await expect(daemon.healthCheck({})).rejects.toThrow("no connection within 0.2 s");
    expect(taken).toHaveLength(times);
  }
  for (const socket of taken) socket.destroy();
  server.close();
});
