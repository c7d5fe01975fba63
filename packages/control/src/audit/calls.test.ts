import { AuditRecord_Outcome as Outcome } from "@limiquantix/api";
import { expect, test } from "vitest";
import { images } from "../tables.ts";
import { auditedApi, reasonOf } from "./testing/audited-api.ts";

test("a change leaves one record: who, what, on what, from where, before and after", async () => {
  const { admin, records } = await auditedApi();
  const { image } = await admin.images.createImage({ name: "debian" });
  await admin.images.updateImage({
    id: image?.id ?? "",
    description: "stable",
    updateMask: { paths: ["description"] },
  });
  const [created, updated, ...rest] = await records();
  expect(rest).toEqual([]);
  expect(created).toMatchObject({
    actorKind: "user",
    actorName: "administrator",
    tokenId: "token-of-administrator",
    address: "10.0.0.9",
    method: "ImageService.CreateImage",
    outcome: Outcome.SUCCEEDED,
    object: { kind: "image", id: image?.id, name: "debian" },
    projectId: "default",
    dryRun: false,
  });
  expect(created?.requestId).not.toBe("");
  expect(created?.changes).toHaveLength(1);
  expect(created?.changes[0]).toMatchObject({ field: "", before: "" });
  expect(JSON.parse(created?.changes[0]?.after ?? "")).toMatchObject({ name: "debian" });
  expect(updated?.changes.map(({ field, before, after }) => ({ field, before, after }))).toEqual([
    { field: "description", before: "", after: '"stable"' },
  ]);
});

test("what is denied, fails, is only tried or is repeated is told as such; what is read is not told", async () => {
  const { admin, clientWith, records } = await auditedApi();
  const reader = clientWith("read-only");
  const stranger = clientWith("stranger");
  const { image } = await admin.images.createImage({ name: "a", idempotencyKey: "k" });
  await admin.images.createImage({ name: "a", idempotencyKey: "k" });
  await admin.images.createImage({ name: "b", dryRun: true });
  const id = image?.id ?? "";
  expect(await reasonOf(admin.images.createImage({ name: "a" }))).toBe("NAME_TAKEN");
  expect(await reasonOf(reader.images.deleteImage({ id }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(stranger.images.getImage({ id }))).toBe("NOT_FOUND");
  expect(await reasonOf(stranger.images.getImage({ id: "gone" }))).toBe("NOT_FOUND");
  expect(await reasonOf(stranger.images.deleteImage({ id: "gone" }))).toBe("NOT_FOUND");
  expect(await reasonOf(clientWith("forged").images.listImages({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(clientWith("").images.listImages({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(reader.images.getImage({ id }))).toBe("ok");
  const told = (await records()).map((r) => [
    r.actorName,
    r.method.split(".")[1],
    Outcome[r.outcome],
    r.reason,
    r.dryRun,
  ]);
  expect(told).toEqual([
    ["administrator", "CreateImage", "SUCCEEDED", "", false],
    ["administrator", "CreateImage", "SUCCEEDED", "", false],
    ["administrator", "CreateImage", "SUCCEEDED", "", true],
    ["administrator", "CreateImage", "FAILED", "NAME_TAKEN", false],
    ["read-only", "DeleteImage", "DENIED", "PRIVILEGE_MISSING", false],
    ["stranger", "GetImage", "DENIED", "NOT_FOUND", false],
    ["stranger", "DeleteImage", "FAILED", "NOT_FOUND", false],
    ["nobody", "ListImages", "DENIED", "UNAUTHENTICATED", false],
    ["nobody", "ListImages", "DENIED", "UNAUTHENTICATED", false],
  ]);
  const [first, repeat, , taken, denied] = await records();
  expect(first?.message).toBe("");
  expect(repeat).toMatchObject({ message: "repeated: the first answer was given again", changes: [] });
  expect(repeat?.object?.id).toBe(id);
  expect(taken?.message).toBe("a image named a exists already");
  expect(denied?.object).toMatchObject({ kind: "image", id, name: "a" });
});

test("consoles and logins are told, and nothing secret of them", async () => {
  const { admin, clientWith, records } = await auditedApi();
  const { auth } = clientWith("");
  await auth.login({ username: "ada", password: "right" });
  expect(await reasonOf(auth.login({ username: "canary-typed-into-the-wrong-field", password: "canary" }))).toBe(
    "LOGIN_FAILED",
  );
  expect(await reasonOf(admin.vms.getConsole({ vmId: "v1" }))).toBe("NOT_FOUND");
  const all = await records();
  expect(all.map((r) => [r.actorKind, r.actorName, r.method, Outcome[r.outcome], r.object?.kind])).toEqual([
    ["user", "ada", "AuthService.Login", "SUCCEEDED", "user"],
    ["nobody", "nobody", "AuthService.Login", "DENIED", undefined],
    ["user", "administrator", "VMService.GetConsole", "FAILED", "vm"],
  ]);
  expect(JSON.stringify(all, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))).not.toContain("canary");
});

test("a record stands and falls with its transaction", async () => {
  const { admin, db, store, records } = await auditedApi();
  const commit = store.commit.bind(store);
  store.commit = async (operations) => {
    if (operations.some(({ kind }) => kind === "image")) throw new Error("the disk broke");
    return commit(operations);
  };
  expect(await reasonOf(admin.images.createImage({ name: "a" }))).toBe("INTERNAL");
  expect(db.count(images)).toBe(0);
  expect((await records()).map((r) => [Outcome[r.outcome], r.reason, r.changes.length])).toEqual([
    ["FAILED", "INTERNAL", 0],
  ]);
});

test("a flood of refusals leaves a few records, and one that says how many there were", async () => {
  const { clientWith, clock, comeFrom, records } = await auditedApi();
  const { images: api } = clientWith("forged");
  for (let i = 0; i < 500; i++) await reasonOf(api.listImages({}));
  comeFrom("10.0.0.10");
  await reasonOf(api.listImages({}));
  await clock.advance(60_000);
  const all = await records();
  expect(all).toHaveLength(22);
  expect(all.at(-1)).toMatchObject({ message: "480 more like this within a minute", address: "10.0.0.9" });
});

test("a flood from ever new addresses is bounded as a whole", async () => {
  const { clientWith, clock, comeFrom, records } = await auditedApi();
  const { images: api } = clientWith("forged");
  for (let i = 0; i < 900; i++) {
    comeFrom(`10.0.${i >> 8}.${i & 255}`);
    await reasonOf(api.listImages({}));
  }
  await clock.advance(60_000);
  const all = await records();
  expect(all.length).toBe(601);
  const told = all.map(({ message }) => Number(/^(\d+) more/.exec(message)?.[1] ?? 1));
  expect(told.reduce((sum, n) => sum + n, 0)).toBe(900);
});
