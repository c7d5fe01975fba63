import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  FolderSchema,
  VirtualMachineSchema,
  VmDesired_Power,
  VmStatus_PowerState,
  VmStatusSchema,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { folderPaths } from "./folder-paths.ts";
import { coreStep, sizeOf } from "./sizes.ts";
import { blockedByState, mayRun } from "./vm-actions.ts";
import { vmState, type StateName } from "./vm-state.ts";
import { shownState, wantedState } from "./wanted-state.ts";

const vmIn = (state: StateName, more: MessageInitShape<typeof VirtualMachineSchema> = {}) =>
  create(VirtualMachineSchema, {
    id: "vm-1",
    isManaged: true,
    revision: 7n,
    status: create(VmStatusSchema, { state: VmStatus_PowerState[state] ?? VmStatus_PowerState.UNKNOWN }),
    ...more,
  });

describe("the state that is shown", () => {
  test("is the word, not the name of the API", () => {
    expect(vmState(vmIn("PROVISIONING"))).toMatchObject({ label: "Being made", busy: true, tone: "info" });
    expect(vmState(vmIn("RUNNING"))).toMatchObject({ label: "Running", busy: false, tone: "ok" });
    expect(vmState(vmIn("PENDING")).busy).toBe(false);
  });
  test("tells where its host is taking it", () => {
    const pausing = vmIn("RUNNING", { generation: 2n, desired: { power: VmDesired_Power.PAUSED } });
    if (pausing.status) pausing.status.observedGeneration = 1n;
    expect(vmState(pausing)).toMatchObject({ label: "Pausing", busy: true });
    if (pausing.status) pausing.status.failedGeneration = 2n;
    expect(vmState(pausing).label).toBe("Running");
  });
  test("is what was asked for until the stream tells, or the server refuses", () => {
    const vm = vmIn("STOPPED");
    wantedState.ask(vm.id, "Starting");
    expect(shownState(vm)).toMatchObject({ label: "Starting", busy: true });
    wantedState.taken(vm.id, 8n);
    expect(shownState(vm).label).toBe("Starting");
    expect(shownState({ ...vm, revision: 8n }).label).toBe("Stopped");
    wantedState.ask(vm.id, "Starting");
    wantedState.refused(vm.id);
    expect(shownState(vm).label).toBe("Stopped");
  });
});

describe("what its state lets one do", () => {
  test("start what is off, stop what is on", () => {
    expect(blockedByState(vmIn("STOPPED"), "start")).toBeUndefined();
    expect(blockedByState(vmIn("STOPPED"), "stop")).toBe("Not possible now: stopped.");
    expect(blockedByState(vmIn("RUNNING"), "start")).toBe("Not possible now: running.");
    expect(blockedByState(vmIn("STOPPING"), "kill")).toBeUndefined();
  });
  test("nothing but adopt where it is not managed", () => {
    const found = vmIn("RUNNING", { isManaged: false });
    expect(blockedByState(found, "adopt")).toBeUndefined();
    expect(blockedByState(found, "stop")).toContain("adopted");
    expect(blockedByState(vmIn("RUNNING"), "adopt")).toContain("managed already");
  });
  test("only what may run is deleted by force", () => {
    expect(mayRun(vmIn("LOST"))).toBe(true);
    expect(mayRun(vmIn("STOPPED"))).toBe(false);
  });
});

test("sizes go by both numbers, and vCPUs by steps of the topology", () => {
  expect(sizeOf(2, 4096)).toBe("medium");
  expect(sizeOf(2, 8192)).toBeUndefined();
  const spec = vmIn("STOPPED", { spec: { cpu: { cores: 8, sockets: 2, threadsPerCore: 2 } } }).spec;
  expect(spec && coreStep(spec)).toBe(4);
});

test("folders have their way from the top, and one in a circle does not hang", () => {
  const folder = (id: string, name: string, parentId = "") =>
    create(FolderSchema, { id, name, parentId, projectId: "p" });
  const paths = folderPaths([folder("1", "Web"), folder("2", "Prod", "1"), folder("3", "Loop", "3")], "p");
  expect(paths).toEqual([
    { id: "3", path: "Loop" },
    { id: "1", path: "Web" },
    { id: "2", path: "Web / Prod" },
  ]);
});
