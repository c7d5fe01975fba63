import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { fromConnectError, Reason, VMService, type ConsoleSession } from "@limiquantix/api";
import { UserRowSchema } from "@limiquantix/api/rows";
import { Channel } from "@limiquantix/kit";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { users } from "../identity/tables.ts";

let cluster: Cluster;
let ada: SimUser;
let grantId: string;
let vmId: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  const { vm } = await cluster.client(VMService).createVM({ name: "web", spec: {}, startOnCreate: true });
  vmId = vm?.id ?? "";
  await cluster.settle();
  ada = cluster.user("ada");
  const user = { id: ada.id, name: "ada" };
  await cluster.control.db.transact((tx) => tx.insert(users, create(UserRowSchema, { id: ada.id, user })));
  grantId = await ada.allow("vm-user", { kind: "vm", id: vmId });
});

afterEach(() => cluster.stop());

/** A viewer that shakes hands and then sends what it is told to. */
class Viewer {
  readonly input = new Channel<Uint8Array>();
  bytes = 0;
  readonly ended: Promise<string>;

  constructor(websocketUrl: string) {
    const open = cluster.control.controlPlane.openConsole(websocketUrl.replace("/console/", ""));
    const output = async (bytes: Uint8Array) => void (this.bytes += bytes.length);
    this.ended = open({ input: this.input, output }, new AbortController().signal).then(
      () => "ended",
      (error: unknown) => Reason[fromConnectError(error).reason],
    );
    this.input.push(Uint8Array.from([...new TextEncoder().encode("RFB 003.008\n"), 1, 1]));
  }

  type(text: string): void {
    for (const letter of text) this.input.push(Uint8Array.of(4, 1, 0, 0, 0, 0, 0, letter.charCodeAt(0)));
  }
}

const picture = async () => Buffer.from((await ada.client(VMService).getScreenshot({ vmId })).png).toString("base64");
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "nothing",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );
const createLink = async (viewOnly: boolean, minutes = 10) => {
  const { link, secret, path } = await ada.client(VMService).createConsoleLink({ vmId, minutes, viewOnly });
  expect(path).toBe(`/console-link/${secret}`);
  return { id: link?.id ?? "", secret };
};
const openLink = (secret: string) => cluster.client(VMService).openConsoleLink({ secret });

test("a link needs no account; looking only, nothing that is typed comes to the guest", async () => {
  const before = await picture();
  const { secret } = await createLink(true);
  const { console, vmName, createdBy } = await openLink(secret);
  expect({ vmName, createdBy, viewOnly: console?.viewOnly }).toEqual({
    vmName: "web",
    createdBy: "ada",
    viewOnly: true,
  });
  const looks = new Viewer(console?.websocketUrl ?? "");
  await cluster.until(() => looks.bytes > 12);
  looks.type("rm");
  await cluster.clock.advance(6000);
  expect(await picture()).toBe(before);

  const types = new Viewer((await openLink((await createLink(false)).secret)).console?.websocketUrl ?? "");
  await cluster.until(() => types.bytes > 12);
  types.type("ls");
  await cluster.clock.advance(6000);
  await cluster.until(async () => (await picture()) !== before);
  looks.input.end();
  types.input.end();
});

test("a link ends when its time is over, and with it what it opened", async () => {
  const { secret } = await createLink(true, 1);
  const viewer = new Viewer((await openLink(secret)).console?.websocketUrl ?? "");
  await cluster.until(() => viewer.bytes > 0);
  await cluster.clock.advance(60_000);
  expect(await viewer.ended).toBe("CONSOLE_LINK_INVALID");
  expect(await reasonOf(openLink(secret))).toBe("CONSOLE_LINK_INVALID");
  expect((await ada.client(VMService).listConsoleLinks({ vmId })).links).toEqual([]);
});

test("a revoked link ends at once, and is another VM's business to nobody", async () => {
  const { id, secret } = await createLink(false);
  const viewer = new Viewer((await openLink(secret)).console?.websocketUrl ?? "");
  await cluster.until(() => viewer.bytes > 0);
  const client = cluster.client(VMService);
  const { vm: other } = await client.createVM({ name: "db", spec: {} });
  expect(await reasonOf(client.revokeConsoleLink({ vmId: other?.id ?? "", linkId: id }))).toBe("NOT_FOUND");
  await ada.client(VMService).revokeConsoleLink({ vmId, linkId: id });
  expect(await viewer.ended).toBe("CONSOLE_LINK_INVALID");
  expect(await reasonOf(openLink(secret))).toBe("CONSOLE_LINK_INVALID");
});

test("a link is worth what its maker may do", async () => {
  const { secret } = await createLink(true);
  const viewer = new Viewer((await openLink(secret)).console?.websocketUrl ?? "");
  await cluster.until(() => viewer.bytes > 0);
  await ada.forbid(grantId);
  expect(await viewer.ended).toBe("NOT_FOUND");
  expect(await reasonOf(openLink(secret))).toBe("NOT_FOUND");
});

test("the secret is told once: a repeat has the link without it, and the store only its hash", async () => {
  const request = { vmId, minutes: 5, viewOnly: true, idempotencyKey: "k" };
  const first = await ada.client(VMService).createConsoleLink(request);
  const again = await ada.client(VMService).createConsoleLink(request);
  expect(first.secret).toMatch(/^lqxlink_/);
  expect({ id: again.link?.id, secret: again.secret, path: again.path }).toEqual({
    id: first.link?.id,
    secret: "",
    path: "",
  });
});

test("people at a console know of each other", async () => {
  const stop = new AbortController();
  let present: ConsoleSession[] = [];
  const watching = (async () => {
    const watch = ada.client(VMService).watchConsoleSessions({ vmId }, { signal: stop.signal });
    for await (const { sessions } of watch) present = sessions;
  })().catch((error: unknown) => expect(ConnectError.from(error).code).toBe(Code.Canceled));
  const names = () => present.map(({ userName, viewOnly }) => `${userName}${viewOnly ? " looks" : ""}`);
  const { websocketUrl, sessionId } = await cluster.client(VMService).getConsole({ vmId });
  const own = new Viewer(websocketUrl);
  await cluster.until(() => present.length === 1);
  expect(present[0]?.id).toBe(sessionId);
  const { id, secret } = await createLink(true);
  const guest = new Viewer((await openLink(secret)).console?.websocketUrl ?? "");
  await cluster.until(() => present.length === 2);
  expect(names()).toEqual(["dev", "ada looks"]);
  expect(present[1]?.linkId).toBe(id);
  own.input.end();
  await cluster.until(() => present.length === 1);
  guest.input.end();
  await cluster.until(() => present.length === 0);
  stop.abort();
  await watching;
});

test("a serial console that is looked at takes no input", async () => {
  const { websocketUrl } = await cluster.client(VMService).getConsole({ vmId, type: 2, viewOnly: true });
  const open = cluster.control.controlPlane.openConsole(websocketUrl.replace("/console/", ""));
  const input = new Channel<Uint8Array>();
  let shown = "";
  const output = async (bytes: Uint8Array) => void (shown += new TextDecoder().decode(bytes));
  const ended = open({ input, output }, new AbortController().signal);
  await cluster.until(() => shown.includes("login:"));
  const before = shown;
  input.push(new TextEncoder().encode("root\r"));
  await cluster.clock.advance(1000);
  input.end();
  await ended;
  expect(shown).toBe(before);
});

test("screenshots are shared for five seconds, made smaller on demand, and there are none of what is off", async () => {
  const client = ada.client(VMService);
  const first = await client.getScreenshot({ vmId });
  expect({ width: first.width, height: first.height }).toEqual({ width: 768, height: 384 });
  expect(first.png.slice(1, 4)).toEqual(Uint8Array.of(0x50, 0x4e, 0x47));
  await cluster.clock.advance(4999);
  expect((await client.getScreenshot({ vmId })).takenAt).toEqual(first.takenAt);
  await cluster.clock.advance(1);
  expect((await client.getScreenshot({ vmId })).takenAt).not.toEqual(first.takenAt);
  expect((await client.getScreenshot({ vmId, maxWidth: 256 })).height).toBe(128);
  await client.stopVM({ id: vmId, force: true });
  await cluster.settle();
  expect(await reasonOf(client.getScreenshot({ vmId }))).toBe("CONSOLE_VM_NOT_RUNNING");
});
