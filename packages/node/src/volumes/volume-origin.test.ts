import { isProblem, problem, Reason } from "@limiquantix/api";
import { drain, FakeClock } from "@limiquantix/kit";
import { expect, test } from "vitest";
import type { VolumeBackend, VolumeOrigin } from "../ports/volume-backend.ts";
import { fromOrigin } from "./volume-origin.ts";

const clock = new FakeClock();
const backend = { pool: "local" } as VolumeBackend;
const host = { clock, pools: { get: () => backend }, hypervisor: {} } as unknown as Parameters<typeof fromOrigin>[0];
const settling = problem(Reason.IN_USE, { kind: "volume", name: "v", by: "a merge of its layers" });

function making(sourceSnapshotId: string, signal = new AbortController().signal) {
  const names = { imageId: "", sourceVolumeId: "v", sourceSnapshotId, linked: true, sourcePool: "local" };
  const tried: (VolumeOrigin | undefined)[] = [];
  const made = fromOrigin(host, { backend, names, signal }, async (from) => {
    tried.push(from);
    if (tried.length < 3) throw settling;
    return "made";
  });
  made.catch(() => {});
  return { tried, made };
}

test("a copy of a snapshot waits for another snapshot's deletion to be over", async () => {
  const { tried, made } = making("s");
  for (let i = 0; i < 3; i++) {
    await drain();
    await clock.advance(500);
  }
  expect(await made).toBe("made");
  expect(tried).toEqual(Array.from({ length: 3 }, () => ({ kind: "linked", volumeId: "v", snapshotId: "s" })));
});

test("it waits no more when it is called off; and what is in use itself is not waited for", async () => {
  const off = new AbortController();
  const { made } = making("s", off.signal);
  await drain();
  off.abort(new Error("called off"));
  await expect(made).rejects.toThrow("called off");
  expect(await making("").made.catch((error: unknown) => isProblem(error, Reason.IN_USE))).toBe(true);
});
