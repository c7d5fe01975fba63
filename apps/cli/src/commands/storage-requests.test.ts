import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  IscsiConfig_Mode,
  ListSnapshotsResponseSchema,
  NfsConfig_Access,
  Snapshot_Phase,
  SnapshotSchema,
  StoragePoolSchema,
  StoragePoolSpecSchema,
  VolumeSchema,
  VolumeStatus_Phase,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { createPaint } from "../output/paint.ts";
import { poolNames } from "../rpc/resolve-pool.ts";
import { findSnapshot } from "../rpc/resolve-storage.ts";
import { only } from "../rpc/resolve.ts";
import { readSecretFlag } from "../terminal/secret-flags.ts";
import { createTerminal } from "../terminal/terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parsePercent } from "../values/count.ts";
import { isForGood, keepFor } from "../values/keep-for.ts";
import { parseNewSize } from "../values/size.ts";
import {
  changedConfig,
  iscsiConfig,
  linstorConfig,
  nfsConfig,
  parseKeyring,
  rbdConfig,
  thresholdsFrom,
  withPorts,
} from "./pool/spec.ts";
import { describePool, kindOf } from "./pool/view.ts";
import { whatCame } from "./snapshot/finish-snapshots.ts";
import { renderSnapshots } from "./snapshot/view.ts";
import { checkFlags } from "./volume/create-volume.ts";
import { parsePhase } from "./volume/view.ts";

const plain = createPaint(false);
const keyring = '[client.lqx]\n\tkey = AQBx==\n\tcaps mon = "profile rbd"\n';

describe("what a pool is made of", () => {
  test("NFS", () => {
    expect(nfsConfig("s:/e", { version: "4.2" })).toEqual({
      case: "nfs",
      value: { server: "s", export: "/e", version: "4.2", options: "", access: NfsConfig_Access.MOUNT },
    });
    const own = nfsConfig("[fd00::1]:/e", { userspace: true });
    expect(own).toMatchObject({
      value: { server: "fd00::1", export: "/e", version: "", access: NfsConfig_Access.USERSPACE },
    });
  });
  test.each(["s", "s:e", ":/e", "fd00::1:/e", ""])("%j is no export", (text) =>
    expect(() => nfsConfig(text, {})).toThrow(UsageError),
  );
  test("RBD: a keyring brings the user along, and ports are added", () => {
    const flags = { monitor: ["a,b:6789", "[fd00::1]"], pool: "vms", feature: ["layering,exclusive-lock"] };
    expect(rbdConfig(flags, keyring)).toEqual({
      case: "rbd",
      value: {
        monitors: ["a:3300", "b:6789", "[fd00::1]:3300"],
        pool: "vms",
        namespace: "",
        user: "lqx",
        key: "AQBx==",
        imageFeatures: ["layering", "exclusive-lock"],
      },
    });
    expect(rbdConfig({ ...flags, user: "client.ada" }, "AQ==")).toMatchObject({ value: { user: "ada", key: "AQ==" } });
    expect(() => parseKeyring(`${keyring}[client.x]\nkey = B==\n`)).toThrow("several users");
  });
  test("iSCSI and LINSTOR", () => {
    const flags = { portal: ["10.0.0.1", "fd00::2"], target: "iqn.x", lun: 3, shared: true, chapUser: "ada" };
    expect(iscsiConfig(flags, "secret")).toMatchObject({
      value: {
        portals: ["10.0.0.1:3260", "[fd00::2]:3260"],
        lun: 3,
        chapUser: "ada",
        chapPassword: "secret",
        mode: IscsiConfig_Mode.SHARED_LVM,
        initialize: false,
      },
    });
    expect(linstorConfig({ controller: ["ctl", "https://b:3371"], resourceGroup: "g" })).toMatchObject({
      value: { controllers: ["http://ctl:3370", "https://b:3371"], resourceGroup: "g", token: "" },
    });
    expect(withPorts(["h:1"], 9)).toEqual(["h:1"]);
  });
  test("limits keep what no flag names", () => {
    expect(thresholdsFrom(undefined, {})).toBeUndefined();
    const before = create(StoragePoolSpecSchema, { thresholds: { warnPercent: 70, stopPercent: 90 } }).thresholds;
    expect(thresholdsFrom(before, { stopAt: 99 })).toEqual({ warnPercent: 70, stopPercent: 99, overcommitPercent: 0 });
    expect([parsePercent("80%"), parsePercent("0")]).toEqual([80, 0]);
  });
  test("an edit names the parts that change, and refuses what belongs to another kind", () => {
    const rbd = specOf({ case: "rbd", value: { monitors: ["a:3300"], pool: "p", user: "u" } });
    expect(changedConfig(rbd, { monitor: ["b"] }, keyring)).toMatchObject({
      config: { case: "rbd", value: { monitors: ["b:3300"], pool: "p", key: "AQBx==" } },
      paths: ["spec.rbd.monitors", "spec.rbd.key"],
    });
    expect(changedConfig(rbd, {}, undefined)).toEqual({ config: undefined, paths: [] });
    expect(() => changedConfig(rbd, { version: "3" }, undefined)).toThrow("a pool of rbd has no such settings");
    const local = specOf({ case: "localDir", value: { path: "/p" } });
    expect(() => changedConfig(local, { portal: ["a"] }, undefined)).toThrow(UsageError);
  });
});

function specOf(config: NonNullable<MessageInitShape<typeof StoragePoolSpecSchema>["config"]>) {
  return create(StoragePoolSpecSchema, { config }).config;
}

describe("pools", () => {
  const pools = [
    { id: "1", name: "local", spec: { ofHost: true, assignedNodeIds: ["h1"] } },
    { id: "2", name: "local", spec: { ofHost: true, assignedNodeIds: ["h2"] } },
    { id: "3", name: "fast", spec: { assignedNodeIds: ["h1", "h2"] } },
  ].map((pool) => create(StoragePoolSchema, pool));
  const hostname = (id: string) => `hv-${id.slice(1)}`;
  test("a name that several have is given with its host", () => {
    expect(["1", "2", "3", "gone"].map(poolNames(pools, hostname))).toEqual([
      "hv-1/local",
      "hv-2/local",
      "fast",
      "gone",
    ]);
    expect(() => only("pool", "local", pools.slice(0, 2), ({ id }) => `hv-${id}/local`)).toThrow(
      expect.objectContaining({
        message: "more than one pool is named local",
        tryThis: "Give the id: 1 (hv-1/local), 2 (hv-2/local).",
      }),
    );
  });
  test("one in full: hosts with their problems, what it can do, and what not and why", () => {
    const lines = describePool(
      create(StoragePoolSchema, {
        name: "fast",
        spec: { assignedNodeIds: ["h1", "h2"], config: { case: "nfs", value: { server: "s", export: "/e" } } },
        status: {
          hosts: [
            { nodeId: "h1", phase: 2 },
            { nodeId: "h2", phase: 4, errorMessage: "no route" },
          ],
          capabilities: { shared: true, thin: true, unsupported: { snapshots: "of raw files" } },
        },
      }),
      hostname,
    ).join("\n");
    for (const text of ["hv-1 READY", "hv-2 ERROR: no route", "s:/e", "several hosts at once, thin disks"])
      expect(lines).toContain(text);
    expect(lines).toContain("snapshots: of raw files");
    expect(kindOf(pools[2]!)).toBe("local");
  });
});

describe("volumes", () => {
  test("sizes are new ones, or so much more", () => {
    const gib = 1024n ** 3n;
    expect([parseNewSize("20G", gib), parseNewSize("+2G", 3n * gib)]).toEqual([20n * gib, 5n * gib]);
    expect(() => parseNewSize("+1M", gib)).toThrow(UsageError);
  });
  test("flags that need one another", () => {
    const bad = [
      { size: 1n },
      { pool: "p" },
      { pool: "p", image: "i", from: "v" },
      { pool: "p", size: 1n, snapshot: "s" },
      { from: "v", linked: true },
    ];
    for (const flags of bad) expect(() => checkFlags(flags)).toThrow(UsageError);
    for (const flags of [
      { size: 1n, pool: "p" },
      { from: "v", snapshot: "s", linked: true },
    ])
      checkFlags(flags);
  });
  test("states in any case", () => {
    expect(parsePhase("ready")).toBe(VolumeStatus_Phase.READY);
    for (const text of ["asleep", "unknown"]) expect(() => parsePhase(text)).toThrow("no state of a volume");
  });
  test("how long what is deleted is kept", () => {
    expect(keepFor({})).toEqual({});
    expect(keepFor({ keepFor: 3600 })).toMatchObject({ keepFor: { seconds: 3600n } });
    expect(keepFor({ now: true })).toMatchObject({ keepFor: { seconds: 0n } });
    expect(() => keepFor({ now: true, keepFor: 60 })).toThrow(UsageError);
    expect([isForGood({}), isForGood({ keepFor: 0 }), isForGood({ now: true })]).toEqual([false, true, true]);
  });
  test("several of one name are told apart", () => {
    const two = ["1", "2"].map((id) => create(VolumeSchema, { id, name: "data" }));
    expect(() => only("volume", "data", two)).toThrow("more than one volume is named data");
    expect(() => only("volume", "data", [])).toThrow("there is no volume data");
  });
});

describe("snapshots", () => {
  const { READY, DELETING } = Snapshot_Phase;
  const snapshots = [
    { id: "a", name: "clean", phase: READY },
    { id: "b", name: "patched", parentId: "a", phase: READY, memoryIncluded: true },
    { id: "c", name: "test", parentId: "a", phase: DELETING },
    { id: "d", name: "deep", parentId: "b", phase: READY },
  ].map((snapshot) => create(SnapshotSchema, snapshot));
  const tree = (currentSnapshotId: string, from = snapshots) =>
    renderSnapshots(create(ListSnapshotsResponseSchema, { snapshots: from, currentSnapshotId }), plain)
      .slice(1)
      .map((line) => line.split(/ {2,}(?=[A-Z0-9])/)[0]!.trimEnd());
  test("print as a tree with where the VM is now", () => {
    expect(tree("b")).toEqual(["clean", "├─ patched", "│  ├─ deep", "│  └─ (now)", "└─ test"]);
    expect(tree("", snapshots.slice(0, 1))).toEqual(["├─ clean", "└─ (now)"]);
  });
  test("one whose parent is gone is still there", () =>
    expect(tree("d", snapshots.slice(3))).toEqual(["deep", "└─ (now)"]));
  test("are found by name or id, and the error tells which there are", () => {
    expect(["b", "patched"].map((ref) => findSnapshot(snapshots, "web", ref).id)).toEqual(["b", "b"]);
    expect(() => findSnapshot(snapshots, "web", "x")).toThrow(
      expect.objectContaining({ message: "web has no snapshot x", tryThis: "It has clean, patched, test, deep." }),
    );
  });
  test("say whether the guest was quiet", () => {
    const taken = { phase: READY, quiesceWanted: true, pausedMs: 12 };
    expect(whatCame(create(SnapshotSchema, { ...taken, quiesceMessage: "no agent answers" }))).toBe(
      "READY, the guest stood still for 12 ms, not quiesced: no agent answers",
    );
    expect(whatCame(create(SnapshotSchema, { ...taken, quiesced: true, memoryIncluded: true }))).toBe(
      "READY, with memory, the guest stood still for 12 ms, quiesced",
    );
  });
});

describe("secrets", () => {
  const token = { name: "chap-password", what: "the CHAP password" };
  function terminal(text: string) {
    const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
    streams.input.end(text);
    return createTerminal(streams, false);
  }
  test("come from a file or a pipe, without the line's end, and from one place", async () => {
    const home = await mkdtemp(join(tmpdir(), "lqx-secret-"));
    const file = join(home, "secret");
    await writeFile(file, "s3cret\n");
    expect(await readSecretFlag(terminal(""), {}, token)).toBeUndefined();
    expect(await readSecretFlag(terminal("piped\n"), { chapPasswordStdin: true }, token)).toBe("piped");
    expect(await readSecretFlag(terminal(""), { chapPasswordFile: file }, token)).toBe("s3cret");
    const both = { chapPasswordStdin: true, chapPasswordFile: file };
    await expect(readSecretFlag(terminal(""), both, token)).rejects.toThrow("in more than one way");
    await expect(readSecretFlag(terminal(""), { chapPasswordPrompt: true }, token)).rejects.toThrow("no terminal");
    await writeFile(file, "\n");
    await expect(readSecretFlag(terminal(""), { chapPasswordFile: file }, token)).rejects.toThrow("is empty");
    await rm(home, { recursive: true });
  });
});
