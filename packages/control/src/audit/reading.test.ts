import type { AuditRecord } from "@limiquantix/api";
import { drain } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { exportLine } from "./canonical.ts";
import type { AuditSink } from "./index.ts";
import { auditedApi, reasonOf } from "./testing/audited-api.ts";

test("records are found by who, what, how it ended, from where and when, in pages", async () => {
  const { admin, clientWith, clock, comeFrom } = await auditedApi();
  const ids: string[] = [];
  for (let n = 0; n < 25; n++) {
    const { image } = await admin.images.createImage({ name: `image-${n}`, description: n === 7 ? "Needle" : "" });
    ids.push(image?.id ?? "");
    await clock.advance(60_000);
  }
  comeFrom("10.9.9.9");
  await reasonOf(clientWith("read-only").images.deleteImage({ id: ids[3] ?? "" }));
  const found = async (query: Parameters<typeof admin.audit.listAudit>[0]) =>
    (await admin.audit.listAudit(query)).records.map(({ object }) => object?.name);
  expect(await found({ objectId: ids[3] ?? "" })).toEqual(["image-3", "image-3"]);
  expect(await found({ actorId: "read-only" })).toEqual(["image-3"]);
  expect(await found({ method: "ImageService.DeleteImage" })).toEqual(["image-3"]);
  expect(await found({ method: "deleteimage" })).toEqual(["image-3"]);
  expect(await found({ address: "10.9.9.9" })).toEqual(["image-3"]);
  expect(await found({ outcome: 2 })).toEqual(["image-3"]);
  expect(await found({ search: "needle" })).toEqual(["image-7"]);
  const { records } = await admin.audit.listAudit({ pageSize: 100 });
  const [since, until] = [records.find(named("image-10"))?.at, records.find(named("image-12"))?.at];
  expect(await found({ since: since!, until: until! })).toEqual(["image-11", "image-10"]);

  const paged: string[] = [];
  for (let pageToken = "", pages = 0; pages < 10; pages++) {
    const page = await admin.audit.listAudit({ pageSize: 7, pageToken, method: "CreateImage" });
    paged.push(...page.records.map(({ id }) => id));
    pageToken = page.nextPageToken;
    if (!pageToken) break;
  }
  expect(paged).toEqual(records.filter((r) => r.method.endsWith("CreateImage")).map(({ id }) => id));
  expect(await reasonOf(admin.audit.listAudit({ pageToken: "nonsense" }))).toBe("INVALID_REQUEST");
});

const named = (name: string) => (record: AuditRecord) => record.object?.name === name;

test("an export has every record, oldest first, in whole lines; a verification tells the head", async () => {
  const { admin, records } = await auditedApi();
  for (let n = 0; n < 100; n++) await admin.images.createImage({ name: `image-${n}`, description: "x".repeat(1_000) });
  let lines = "";
  let messages = 0;
  for await (const message of admin.audit.exportAudit({})) {
    expect(message.jsonLines.endsWith("\n")).toBe(true);
    lines += message.jsonLines;
    messages++;
  }
  expect(messages).toBeGreaterThan(1);
  const all = await records();
  expect(lines).toBe(all.map((record) => `${exportLine(record)}\n`).join(""));
  const head = all.at(-1);
  expect(await admin.audit.verifyAudit({})).toMatchObject({ intact: true, records: 100n, headHash: head?.hash });
});

test("a sink gets each record in order, also what it missed while it was away, and no call waits for it", async () => {
  const got: string[] = [];
  let away = false;
  const sink: AuditSink = {
    name: "test",
    async write(record) {
      if (away) throw new Error("nobody listens");
      got.push(record.id);
    },
    async [Symbol.asyncDispose]() {},
  };
  const { admin, audit, clock, store, records } = await auditedApi({ sink });
  const make = async (name: string) => {
    await admin.images.createImage({ name });
    await audit.settled();
    await drain();
  };
  await make("a");
  away = true;
  for (const name of ["b", "c", "d"]) await make(name);
  expect(got).toHaveLength(1);
  away = false;
  await clock.advance(120_000);
  await drain();
  expect(got).toEqual((await records()).map(({ id }) => id));
  await audit.stop();

  // After a restart it goes on where it was.
  const again = await auditedApi({ sink, store });
  await again.admin.images.createImage({ name: "e" });
  await again.audit.settled();
  await drain();
  expect(got).toEqual((await again.records()).map(({ id }) => id));
});
