import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  VmDesired_Power as Power,
  VmDesiredSchema,
  VmSpecSchema,
  VmStatus_PowerState as State,
  VmStatus_StopReason,
} from "@limiquantix/api";
import { EnsureNetworkRequestSchema } from "@limiquantix/api/daemon";
import { describe, expect, test } from "vitest";
import type { Domain } from "../ports/hypervisor.ts";
import { planVm, type Step, type VmOrder } from "./plan-vm.ts";

const CAN = { cpuHotplug: true, memoryHotplug: true, diskHotplug: true, nicHotplug: true };
const NET = "0199aaaa-0000-7000-8000-000000000001";

const spec = create(VmSpecSchema, {
  cpu: { cores: 2, maxCores: 8 },
  memory: { sizeMib: 1024n, maxMemoryMib: 4096n },
  disks: [{ id: "d0", volumeId: "vol-0", sizeGib: 10n }],
  nics: [{ id: "n0", networkId: NET, macAddress: "52:54:00:00:00:01" }],
});

describe("creation", () => {
  test("a VM that is not there is made from its volumes up", () => {
    expect(kinds(planVm(undefined, order(), CAN))).toEqual([
      "volume",
      "seed",
      "network",
      "port",
      "define",
      "start",
      "mark",
    ]);
  });

  test("one that is to stay off is not started", () => {
    expect(kinds(planVm(undefined, order({ power: Power.OFF }), CAN))).not.toContain("start");
  });

  test("the definition does not name the generation before all is done", () => {
    const define = planVm(undefined, order(), CAN).find((step) => step.kind === "define");
    expect(define?.mark.generation).toBe(0);
  });

  test("one that was cut off before its mark is only marked", () => {
    expect(kinds(planVm(domain({ generation: 0 }), order(), CAN))).toEqual(["mark"]);
  });

  test("one that is as ordered needs nothing", () => {
    expect(planVm(domain({ generation: 3 }), order(), CAN)).toEqual([]);
  });
});

describe("power", () => {
  const on = { power: Power.ON };
  const off = { power: Power.OFF };
  const cases: [State, MessageInitShape<typeof VmDesiredSchema>, string[]][] = [
    [State.STOPPED, on, ["volume", "seed", "network", "port", "start"]],
    [State.SUSPENDED, on, ["volume", "seed", "network", "port", "start"]],
    [State.CRASHED, on, ["volume", "seed", "network", "port", "cut", "start"]],
    [State.PAUSED, on, ["resume"]],
    [State.RUNNING, on, []],
    [State.RUNNING, { ...on, reboots: 1 }, ["volume", "seed", "network", "port", "ask-stop", "start"]],
    [State.RUNNING, { ...on, reboots: 1, rebootForce: true }, ["reset"]],
    [State.PAUSED, { ...on, reboots: 1 }, ["volume", "seed", "network", "port", "resume", "ask-stop", "start"]],
    [State.STOPPED, { ...on, reboots: 1 }, ["volume", "seed", "network", "port", "start"]],
    [State.RUNNING, off, ["ask-stop"]],
    [State.RUNNING, { ...off, force: true }, ["cut"]],
    [State.RUNNING, { ...off, force: true, stopTimeoutSeconds: 5 }, ["ask-stop"]],
    [State.PAUSED, off, ["resume", "ask-stop"]],
    [State.PAUSED, { ...off, force: true }, ["cut"]],
    [State.SUSPENDED, off, ["volume", "seed", "network", "port", "start", "ask-stop"]],
    [State.SUSPENDED, { ...off, force: true }, ["cut"]],
    [State.CRASHED, off, ["cut"]],
    [State.STOPPED, off, []],
    [State.RUNNING, { power: Power.PAUSED }, ["pause"]],
    [State.PAUSED, { power: Power.PAUSED }, []],
    [State.STOPPED, { power: Power.PAUSED }, ["volume", "seed", "network", "port", "start", "pause"]],
    [State.RUNNING, { power: Power.SUSPENDED }, ["save"]],
    [State.PAUSED, { power: Power.SUSPENDED }, ["save"]],
    [State.STOPPED, { power: Power.SUSPENDED }, []],
  ];
  test.each(cases)("from %s to %o: %j", (power, desired, expected) => {
    const steps = planVm(domain({ power, generation: 2 }), order(desired), CAN);
    expect(kinds(steps)).toEqual([...expected, "mark"]);
  });

  test("a stop without a time limit gets one, and force cuts after it", () => {
    const [ask] = planVm(domain({}), order({ power: Power.OFF }), CAN);
    expect(ask).toMatchObject({ kind: "ask-stop", timeoutMs: 120_000, thenCut: false });
    const [forced] = planVm(domain({}), order({ power: Power.OFF, force: true, stopTimeoutSeconds: 7 }), CAN);
    expect(forced).toMatchObject({ kind: "ask-stop", timeoutMs: 7000, thenCut: true });
  });
});

describe("changes", () => {
  test("what can be live is, after the definition; the rest waits", () => {
    const steps = planVm(
      domain({}),
      order(running(), (wanted) => {
        wanted.cpu!.cores = 4;
        wanted.cpu!.model = "Skylake";
        wanted.disks[0]!.sizeGib = 20n;
        wanted.disks.push(createDisk("d1"));
        wanted.nics[0]!.disconnected = true;
      }),
      CAN,
    );
    expect(steps.flatMap((step) => (step.kind === "live" ? [step.path] : []))).toEqual([
      "cpu.cores",
      "disks[0].sizeGib",
      "disks[1]",
      "nics[0].disconnected",
    ]);
    expect(kinds(steps).indexOf("define")).toBeLessThan(kinds(steps).indexOf("live"));
    expect(steps.filter((step) => step.kind === "volume").every((step) => !step.grow)).toBe(true);
  });

  test("without the capability nothing is tried", () => {
    const none = { cpuHotplug: false, memoryHotplug: false, diskHotplug: false, nicHotplug: false };
    const change = order(running(), (wanted) => {
      wanted.cpu!.cores = 4;
      wanted.memory!.sizeMib = 2048n;
    });
    expect(kinds(planVm(domain({}), change, none))).not.toContain("live");
  });

  test("beyond the maximum, or less than now, waits for the next start", () => {
    const more = order(running(), (wanted) => void (wanted.cpu!.cores = 16));
    const less = order(running(), (wanted) => void (wanted.memory!.sizeMib = 512n));
    expect(kinds(planVm(domain({}), more, CAN))).not.toContain("live");
    expect(kinds(planVm(domain({}), less, CAN))).not.toContain("live");
  });

  test("a VM that is off grows its disks itself", () => {
    const bigger = order({ power: Power.OFF }, (wanted) => void (wanted.disks[0]!.sizeGib = 20n));
    const [volume] = planVm(domain({ power: State.STOPPED }), bigger, CAN);
    expect(volume).toMatchObject({ kind: "volume", grow: true });
  });

  test("a disk that is taken out is detached, then let go of", () => {
    const without = order(running(), (wanted) => void (wanted.disks = []));
    const steps = planVm(domain({}), without, CAN);
    expect(kinds(steps).slice(-3)).toEqual(["live", "release", "mark"]);
    const blocked = planVm(domain({}), without, { ...CAN, diskHotplug: false });
    expect(kinds(blocked)).not.toContain("release");
  });

  test("what only the scheduler reads changes no domain", () => {
    const steps = planVm(
      domain({}),
      order(running(), (wanted) => void (wanted.autoStart = true)),
      CAN,
    );
    expect(kinds(steps)).toEqual(["mark"]);
  });
});

describe("back to a snapshot", () => {
  const back = { reverts: 1, revertSnapshotId: "s1" };
  const made = ["revert", "volume", "seed", "network", "port", "define"];
  const cases: [State, MessageInitShape<typeof VmDesiredSchema>, string[]][] = [
    [State.STOPPED, { power: Power.OFF, ...back }, [...made]],
    [State.STOPPED, { power: Power.ON, ...back }, [...made, "start"]],
    [State.RUNNING, { power: Power.ON, ...back }, ["cut", ...made, "start"]],
    [State.RUNNING, { power: Power.OFF, ...back }, ["cut", ...made]],
    [State.PAUSED, { power: Power.PAUSED, ...back }, ["cut", ...made, "start", "pause"]],
    [State.SUSPENDED, { power: Power.SUSPENDED, ...back }, ["cut", ...made]],
    [State.CRASHED, { power: Power.ON, ...back }, ["cut", ...made, "start"]],
    [State.RUNNING, { power: Power.ON, ...back, revertMemory: true }, ["cut", ...made, "start", "mark"]],
  ];
  test.each(cases)("from %s to %o: %j", (power, desired, expected) => {
    expect(kinds(planVm(domain({ power }), order(desired), CAN))).toEqual([...expected, "mark"]);
  });

  test("it counts once the definition has the volumes, with memory once the guest runs", () => {
    const counts = (revertMemory: boolean) =>
      planVm(domain({}), order({ power: Power.ON, ...back, revertMemory }), CAN).flatMap((step) =>
        step.kind === "define" || step.kind === "mark" ? [step.mark.reverts] : [],
      );
    expect([counts(false), counts(true)]).toEqual([
      [1, 1],
      [0, 1, 1],
    ]);
  });
});

describe("a disk that moves", () => {
  const moved = (wanted: VmOrder["spec"]) =>
    Object.assign(wanted.disks[0]!, { storagePoolId: "new", movingFromPoolId: "old" });
  const cases: [State, MessageInitShape<typeof VmDesiredSchema>, string[]][] = [
    [State.RUNNING, { power: Power.ON }, ["move", "seed", "network", "port", "define", "live", "delete-copy"]],
    [State.STOPPED, { power: Power.OFF }, ["move", "seed", "network", "port", "define", "delete-copy"]],
    [State.STOPPED, { power: Power.ON }, ["move", "seed", "network", "port", "define", "start", "delete-copy"]],
  ];
  test.each(cases)("of a VM that is %s, %o: %j", (power, desired, expected) => {
    expect(kinds(planVm(domain({ power }), order(desired, moved), CAN))).toEqual([...expected, "mark"]);
  });
});

test("an adopted VM gets power and a mark, and its definition stays", () => {
  const steps = planVm(domain({ power: State.STOPPED }), { ...order(), adopted: true }, CAN);
  expect(kinds(steps)).toEqual(["start", "mark"]);
});

function running(): MessageInitShape<typeof VmDesiredSchema> {
  return { power: Power.ON };
}

function order(
  desired: MessageInitShape<typeof VmDesiredSchema> = running(),
  change: (spec: VmOrder["spec"]) => void = () => {},
): VmOrder {
  const wanted = clone(VmSpecSchema, spec);
  change(wanted);
  return {
    vmId: "0199bbbb-0000-7000-8000-000000000001",
    name: "web-1",
    generation: 3,
    spec: wanted,
    desired: create(VmDesiredSchema, desired),
    networks: [create(EnsureNetworkRequestSchema, { networkId: NET, name: "default" })],
    pools: new Map(),
    adopted: false,
    defaultUser: "",
  };
}

function domain({ power = State.RUNNING, generation = 2 }: { power?: State; generation?: number }): Domain {
  const mark = { generation, reboots: 0, reverts: 0, spec, adopted: false };
  const up = power === State.RUNNING || power === State.PAUSED;
  return {
    vmId: "0199bbbb-0000-7000-8000-000000000001",
    name: "lqx-0199bbbb-web-1",
    power,
    stopReason: VmStatus_StopReason.STOP_REASON_UNKNOWN,
    mark,
    liveMark: up ? mark : undefined,
    hostInterfaces: new Map(),
    sources: new Map(),
    discoveredSpec: undefined,
    accelerator: "sim",
  };
}

function createDisk(id: string) {
  return create(VmSpecSchema, { disks: [{ id, volumeId: `vol-${id}`, sizeGib: 1n }] }).disks[0]!;
}

function kinds(steps: Step[]): string[] {
  return steps.map((step) => step.kind);
}
