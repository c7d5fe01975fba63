import { Channel } from "@limiquantix/kit";
import { FolderService, UpdateType } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { guardStream } from "./guard-stream.ts";

let world: TreeWorld;
let userId: string;
let grantId: string;
beforeEach(async () => {
  world = await TreeWorld.create();
  userId = await world.user("u");
  grantId = await world.grant({ userId }, "read-only", root);
});
afterEach(() => world[Symbol.asyncDispose]());

/** A stream of that user, for which node.view is needed. */
function guarded(messages: AsyncIterable<string>): AsyncIterator<string> {
  const access = world.access(userId);
  const caller = { principal: { kind: "user", id: userId, name: "u", tokenId: "" }, access } as const;
  const authenticator = { onChange: () => ({ [Symbol.dispose]: () => {} }) };
  const check = () => access.require("node.view", root);
  return guardStream(messages, { check, caller, authenticator })[Symbol.asyncIterator]();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a stream that waits ends within a turn of the event loop after its grant went", async () => {
  const messages = new Channel<string>();
  const stream = guarded(messages);
  messages.push("first");
  expect(await stream.next()).toEqual({ done: false, value: "first" });
  let ended = "";
  const waiting = stream.next().catch((error: unknown) => void (ended = String(error)));
  await world.drop(grantId);
  await turn();
  expect(ended).toBe("Problem: u lacks the privilege node.view on the root");
  await waiting;
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(messages.ended).toBe(true);
  expect(world.rights.listeners).toBe(0);
});

test("what is queued for a slow reader is not given after the grant went", async () => {
  const messages = new Channel<string>();
  const stream = guarded(messages);
  for (const message of ["first", "second", "third"]) messages.push(message);
  await stream.next();
  await world.drop(grantId);
  await expect(stream.next()).rejects.toThrow(/lacks the privilege/);
  expect(world.rights.listeners).toBe(0);
});

test("a grant that goes before the first message is read counts", async () => {
  const messages = new Channel<string>();
  messages.push("first");
  const stream = guarded(messages);
  await world.drop(grantId);
  await expect(stream.next()).rejects.toThrow(/lacks the privilege/);
  expect(world.rights.listeners).toBe(0);
});

test("a stream that ends by itself, fails or is left by its reader leaves no listener", async () => {
  const done = new Channel<string>();
  const ends = guarded(done);
  const waiting = ends.next();
  done.end();
  expect(await waiting).toEqual({ done: true, value: undefined });

  const broken = new Channel<string>();
  const fails = guarded(broken);
  const failing = fails.next();
  broken.end(new Error("the disk is gone"));
  await expect(failing).rejects.toThrow("the disk is gone");
  expect(await fails.next()).toEqual({ done: true, value: undefined });

  // Handlers that heed no signal are left all the same.
  const left = guarded({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
  const never = left.next();
  await left.return?.();
  expect(await never).toEqual({ done: true, value: undefined });

  const unread = guarded(new Channel<string>());
  await unread.return?.();
  expect(await unread.next()).toEqual({ done: true, value: undefined });
  expect(world.rights.listeners).toBe(0);
});

test("a watch begins anew when what one may see changes, and leaves no listener behind", async () => {
  await world.drop(grantId);
  const [seen, unseen] = [await world.folder("seen"), await world.folder("unseen")];
  const first = await world.grant({ userId }, "read-only", { kind: "folder", id: seen });
  const stop = new AbortController();
  const updates = world.as(FolderService, userId).watchFolders({}, { signal: stop.signal })[Symbol.asyncIterator]();
  const next = async (count: number) => {
    const told: string[] = [];
    for (let i = 0; i < count; i++) {
      const { value } = (await updates.next()) as { value: { type: UpdateType; folder?: { name: string } } };
      told.push([UpdateType[value.type], value.folder?.name].filter(Boolean).join(" "));
    }
    return told;
  };
  expect(await next(2)).toEqual(["ADDED seen", "SYNCED"]);
  await world.grant({ userId }, "read-only", { kind: "folder", id: unseen });
  expect(await next(4)).toEqual(["RESET", "ADDED seen", "ADDED unseen", "SYNCED"]);
  await world.drop(first);
  expect(await next(3)).toEqual(["RESET", "ADDED unseen", "SYNCED"]);
  await world.folder("inner", { parentId: unseen });
  await world.folder("hidden", { parentId: seen });
  await world.folder("last", { parentId: unseen });
  expect(await next(2)).toEqual(["ADDED inner", "ADDED last"]);
  expect(world.rights.listeners).toBeGreaterThan(0);
  const ended = updates.next();
  stop.abort();
  await expect(ended).rejects.toThrow();
  await expect.poll(() => world.rights.listeners).toBe(0);
});
