import { createClient } from "@connectrpc/connect";
import { fromConnectError, problem, Reason, VMService } from "@limiquantix/api";
import { NodeDaemonService } from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../access/authorise.ts";
import type { ConsolePeer } from "./bridge.ts";
import { guardedConsole } from "./guarded-console.ts";
import type { ConsoleGrant } from "./tickets.ts";

const plain = { viewOnly: false, sessionId: "s", linkId: "" };
let cluster: Cluster;
let ada: SimUser;
let grantId: string;
let vmId: string;
let input: Channel<Uint8Array>;
let shown: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  const { vm } = await cluster.client(VMService).createVM({ name: "web", spec: {}, startOnCreate: true });
  vmId = vm?.id ?? "";
  await cluster.settle();
  ada = cluster.user("ada");
  grantId = await ada.allow("vm-user", { kind: "vm", id: vmId });
  input = new Channel<Uint8Array>({ limit: 10 });
  shown = "";
});

afterEach(() => cluster.stop());

/** The gate as it is after somebody signed in: it changes its mind when told to. */
class Credentials {
  good = true;
  readonly #listeners = new Set<() => void>();

  recheck(): void {
    if (!this.good) throw problem(Reason.UNAUTHENTICATED, { why: "the session was ended" });
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  revoke(): void {
    this.good = false;
    for (const listener of this.#listeners) listener();
  }

  get watched(): number {
    return this.#listeners.size;
  }
}

const peerWith = (output: ConsolePeer["output"]): ConsolePeer => ({ input, output });
const viewer = () =>
  peerWith(async (bytes) => {
    shown += new TextDecoder().decode(bytes);
  });

function open(credentials: Credentials, peer = viewer(), type: ConsoleGrant["type"] = "SERIAL"): Promise<string> {
  const caller: Caller = { principal: { kind: "user", id: ada.id, name: "ada", tokenId: "t" }, access: ada.access };
  const grant: ConsoleGrant = { vmId, nodeId: cluster.host(0).nodeId, type, user: "ada", caller, ...plain };
  const client = createClient(NodeDaemonService, cluster.host(0).daemon.transport());
  const parts = { hosts: { client: () => client, reachable: () => true }, authenticator: credentials };
  return guardedConsole(parts, grant, peer, new AbortController().signal).then(
    () => "ended",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );
}

for (const type of ["SERIAL", "VNC"] as const) {
  test(`a ${type} console ends at once when its viewer loses vm.console`, async () => {
    const credentials = new Credentials();
    const console = open(credentials, viewer(), type);
    await cluster.until(() => shown !== "");
    await ada.forbid(grantId);
    expect(await console).toBe("NOT_FOUND");
    expect(credentials.watched).toBe(0);
  });
}

test("it ends when the session is revoked, also while the viewer reads nothing", async () => {
  const credentials = new Credentials();
  let waits = false;
  const stuck = peerWith(() => {
    waits = true;
    return new Promise(() => {});
  });
  const console = open(credentials, stuck);
  await cluster.until(() => waits);
  credentials.revoke();
  expect(await console).toBe("UNAUTHENTICATED");
});

test("a ticket opens nothing once its owner may not, and other changes end nothing", async () => {
  const credentials = new Credentials();
  const console = open(credentials);
  await cluster.until(() => shown !== "");
  await ada.allow("read-only", { kind: "vm", id: vmId });
  await cluster.settle();
  const before = shown;
  input.push(new TextEncoder().encode("ada\r"));
  await cluster.until(() => shown !== before);
  input.end();
  expect(await console).toBe("ended");
  await ada.forbid(grantId);
  expect(await open(credentials)).toBe("PRIVILEGE_MISSING");
});
