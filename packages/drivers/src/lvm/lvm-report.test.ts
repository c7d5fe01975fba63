import { newId } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { groupName, newLv, parseLvName, revertLv, snapshotLv, volumeLv } from "./lv-names.ts";
import { parseLvs, parseThinDevices, parseVgs } from "./lvm-report.ts";

/** LVM 2.03.16. */
const LVS = `
  {"report": [{"lv": [
    {"lv_name":"pool", "lv_size":"1068498944", "lv_tags":"", "lv_time":"1795423981", "lv_active":"active", "lv_device_open":"open", "lv_permissions":"writeable", "thin_id":"", "data_percent":"0.01", "metadata_percent":"11.91", "chunk_size":"65536", "pool_lv":""},
    {"lv_name":"volume.0192aaaabbbbccccddddeeeeffff0002", "lv_size":"67108864", "lv_tags":"image=0192aaaa-bbbb-cccc-dddd-eeeeffff0009,x", "lv_time":"1795423992", "lv_active":"", "lv_device_open":"unknown", "lv_permissions":"unknown", "thin_id":"1", "data_percent":"", "metadata_percent":"", "chunk_size":"0", "pool_lv":"pool"}
  ]}]}`;

test("lvs", () => {
  const [pool, volume] = parseLvs(LVS);
  expect(pool).toMatchObject({ name: "pool", sizeBytes: 1068498944, dataPercent: 0.01, metadataPercent: 11.91 });
  expect(pool).toMatchObject({ thinId: undefined, isActive: true, isOpen: true, tags: [] });
  expect(volume).toMatchObject({ thinId: 1, isActive: false, isOpen: false, madeAtMs: 1795423992000 });
  expect(volume?.tags).toEqual(["image=0192aaaa-bbbb-cccc-dddd-eeeeffff0009", "x"]);
  expect(pool?.health).toBe("");
  expect(parseLvs(LVS.replace('"lv_permissions":"writeable"', '"lv_health_status":"failed"'))[0]?.health).toBe(
    "failed",
  );
  expect(parseLvs('{"report":[{"lv":[]}]}')).toEqual([]);
});

test("vgs and thin_ls", () => {
  const said = '{"report":[{"vg":[{"vg_name":"lqx.1","vg_tags":"limiquantix.pool=x","vg_systemid":"h1"}]}]}';
  expect(parseVgs(said)).toEqual([{ name: "lqx.1", tags: ["limiquantix.pool=x"], systemId: "h1" }]);
  expect(parseThinDevices("1     0 \n2     0 \n3 65536 \n")).toEqual(
    new Map([
      [1, 0],
      [2, 0],
      [3, 65536],
    ]),
  );
});

test("names say what is what, and fit into those of device-mapper", () => {
  const [volumeId, snapshotId] = [newId(), newId()];
  const whole = { kind: "volume", ownerId: volumeId, snapshotId: undefined, state: "whole" };
  expect(parseLvName(volumeLv(volumeId))).toEqual(whole);
  expect(parseLvName(newLv(volumeLv(volumeId)))).toEqual({ ...whole, state: "new" });
  expect(parseLvName(revertLv(volumeId))).toEqual({ ...whole, state: "revert" });
  const snapshot = snapshotLv(volumeId, snapshotId);
  expect(parseLvName(snapshot)).toEqual({ ...whole, kind: "snap", snapshotId });
  expect(`${groupName(newId())}-${snapshot}`.length).toBeLessThan(128);
  for (const name of ["pool", "volume.x", `snap.${"0".repeat(32)}`, `revert.seed.${"0".repeat(32)}`, "somebodys"])
    expect(parseLvName(name), name).toBeUndefined();
});
