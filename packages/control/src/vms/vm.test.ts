import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  isProblem,
  ObservedVmSchema,
  Reason,
  VirtualMachine_Origin,
  VirtualMachineSchema,
  VmDeletionSchema,
  VmDesiredSchema,
  VmSpecSchema,
  VmStatusSchema,
  VmDesired_Power as Power,
  VmStatus_PowerState as State,
  VmStatus_StopReason as Stop,
  type ObservedVm,
  type VirtualMachine,
} from "@limiquantix/api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffSnapshot, observe, observeGone } from "./observed.ts";
import { planVm, type HostState } from "./plan.ts";
import { reservationOf } from "./reservation.ts";
import { checkAction, isPending, powerOf, shownState, stateOf, vmActions, vmCan, type VmAction } from "./vm.ts";

interface VmInit {
  generation?: bigint;
  isManaged?: boolean;
  id?: string;
  origin?: VirtualMachine_Origin;
  spec?: MessageInitShape<typeof VmSpecSchema>;
  desired?: MessageInitShape<typeof VmDesiredSchema>;
  status?: MessageInitShape<typeof VmStatusSchema>;
  deletion?: MessageInitShape<typeof VmDeletionSchema>;
}

function vm({ spec, desired, status, deletion, ...init }: VmInit = {}): VirtualMachine {
  return create(VirtualMachineSchema, {
    id: "a",
    name: "web-1",
    isManaged: true,
    origin: VirtualMachine_Origin.CONTROL_PLANE,
    generation: 1n,
    ...init,
    spec: create(VmSpecSchema, spec ?? { cpu: { cores: 2 }, memory: { sizeMib: 1024n } }),
    desired: create(VmDesiredSchema, desired ?? { power: Power.ON }),
    status: create(VmStatusSchema, status ?? { nodeId: "n", state: State.RUNNING, observedGeneration: 1n }),
    ...(deletion ? { deletion: create(VmDeletionSchema, deletion) } : {}),
  });
}

function seen(init: MessageInitShape<typeof ObservedVmSchema> = {}): ObservedVm {
  return create(ObservedVmSchema, {
    id: "a",
    name: "lqx-web-1",
    state: State.RUNNING,
    generation: 1n,
    managed: true,
    ...init,
  });
}

describe("actions", () => {
  test("each is refused in the states that are not listed, with those that are", () => {
    for (const action of Object.keys(vmActions) as VmAction[]) {
      for (const state of Object.values(State).filter((value): value is State => typeof value === "number")) {
        const one = vm({ status: { state } });
        let thrown: unknown;
        try {
          checkAction(one, action);
        } catch (error) {
          thrown = error;
        }
        expect(thrown === undefined).toBe(vmCan(one, action));
        if (thrown) expect(isProblem(thrown, Reason.VM_WRONG_STATE)).toBe(true);
      }
    }
  });

  test("a VM that is being deleted, or not ours, takes none", () => {
    expect(() => checkAction(vm({ deletion: {} }), "stop")).toThrow("being deleted");
    expect(() => checkAction(vm({ isManaged: false }), "stop")).toThrow("not under management");
  });
});

test.each<[string, VirtualMachine, State, State]>([
  ["being made", vm({ status: { nodeId: "n" } }), State.STOPPED, State.PROVISIONING],
  ["on its way up", vm({ generation: 2n, status: { observedGeneration: 1n } }), State.STOPPED, State.STARTING],
  [
    "on its way down",
    vm({ generation: 2n, status: { observedGeneration: 1n }, desired: { power: Power.OFF } }),
    State.RUNNING,
    State.STOPPING,
  ],
  ["changed while it runs", vm({ generation: 2n, status: { observedGeneration: 1n } }), State.RUNNING, State.RUNNING],
  [
    "failed",
    vm({ generation: 2n, status: { observedGeneration: 1n, failedGeneration: 2n } }),
    State.STOPPED,
    State.STOPPED,
  ],
  ["being deleted", vm({ deletion: {} }), State.RUNNING, State.DELETING],
])("shown while %s", (_, one, at, shown) => {
  expect(State[shownState(one, at)]).toBe(State[shown]);
});

describe("plan", () => {
  const pending = { generation: 2n };
  test.each<[string, VirtualMachine, HostState, string]>([
    ["as wanted", vm(), "reachable", "nothing"],
    ["pending", vm(pending), "reachable", "ensure"],
    ["pending, host away", vm(pending), "unreachable", "wait"],
    ["pending, host lost", vm(pending), "lost", "wait"],
    ["pending, host gone", vm(pending), "gone", "nothing"],
    ["failed", vm({ ...pending, status: { nodeId: "n", failedGeneration: 2n } }), "reachable", "nothing"],
    ["found", vm({ ...pending, isManaged: false }), "reachable", "nothing"],
    [
      "to adopt",
      vm({ ...pending, origin: VirtualMachine_Origin.IMPORTED, status: { nodeId: "n" } }),
      "reachable",
      "adopt",
    ],
    ["to delete", vm({ deletion: {} }), "reachable", "remove"],
    ["to delete, host lost", vm({ deletion: {} }), "lost", "wait"],
    ["by force, host away", vm({ deletion: { force: true } }), "unreachable", "wait"],
    ["by force, host lost", vm({ deletion: { force: true } }), "lost", "forget"],
    ["to delete, host gone", vm({ deletion: {} }), "gone", "forget"],
  ])("%s", (_, one, host, plan) => {
    expect(planVm(one, host).do).toBe(plan);
  });
});

describe("what a host sees", () => {
  test("a guest that shut down by itself is wanted off, and holds nothing", () => {
    const one = vm();
    observe(one, seen({ state: State.STOPPED, stopReason: Stop.GUEST_SHUTDOWN }));
    expect([powerOf(one), stateOf(one), isPending(one)]).toEqual([Power.OFF, State.STOPPED, false]);
    expect(reservationOf(one)).toBeUndefined();
  });

  test("a change under way does not start a guest that shut down meanwhile", () => {
    const one = vm({ generation: 2n });
    observe(one, seen({ state: State.STOPPED, stopReason: Stop.GUEST_SHUTDOWN }));
    expect([powerOf(one), one.generation]).toEqual([Power.OFF, 3n]);
  });

  test("a start under way is not called off by the state before it", () => {
    const one = vm({ generation: 2n, status: { nodeId: "n", state: State.STARTING, observedGeneration: 1n } });
    observe(one, seen({ state: State.STOPPED, stopReason: Stop.GUEST_SHUTDOWN }));
    expect([powerOf(one), stateOf(one), one.generation]).toEqual([Power.ON, State.STARTING, 2n]);
  });

  test.each([true, false])("after its host went down, with auto-start %s", (autoStart) => {
    const one = vm({ spec: { autoStart } });
    observe(one, seen({ state: State.STOPPED, stopReason: Stop.HOST_DOWN }));
    expect([powerOf(one), one.generation]).toEqual(autoStart ? [Power.ON, 2n] : [Power.OFF, 1n]);
  });

  test("a VM that is being made is not LOST for not being there; one that was made is", () => {
    const making = vm({ status: { nodeId: "n", state: State.PROVISIONING } });
    observeGone(making);
    expect(stateOf(making)).toBe(State.PROVISIONING);
    const made = vm();
    observeGone(made);
    expect(stateOf(made)).toBe(State.LOST);
    expect(reservationOf(made)).toBeUndefined();
  });

  test("a snapshot against the rows: seen, found, gone; what is elsewhere is left alone", () => {
    const rows = [vm({ id: "a" }), vm({ id: "b" })];
    const diff = diffSnapshot(rows, [seen({ id: "a" }), seen({ id: "c" }), seen({ id: "d" })], (id) => id === "d");
    expect([diff.seen.map(({ id }) => id), diff.discovered.map(({ id }) => id), diff.gone]).toEqual([
      ["a"],
      ["c"],
      ["b"],
    ]);
  });

  test("property: seeing twice is seeing once; generations only grow; settled means that the wish is the world", () => {
    const states = fc.constantFrom(State.RUNNING, State.STOPPED, State.PAUSED, State.SUSPENDED, State.CRASHED);
    const rows = fc.record({
      state: fc.constantFrom(State.RUNNING, State.STOPPED, State.STARTING, State.STOPPING, State.LOST, State.PAUSED),
      power: fc.constantFrom(Power.ON, Power.OFF, Power.PAUSED, Power.SUSPENDED),
      generation: fc.bigInt({ min: 1n, max: 5n }),
      /** How far behind its generation the host is. */
      behind: fc.bigInt({ min: 0n, max: 5n }),
      autoStart: fc.boolean(),
    });
    const sights = fc.record({
      state: states,
      stopReason: fc.constantFrom(0, 1, 2, 3, 4, 5, 6),
      generation: fc.bigInt({ min: 1n, max: 6n }),
    });
    fc.assert(
      fc.property(rows, sights, (row, sight) => {
        const observed = row.generation > row.behind ? row.generation - row.behind : 0n;
        const one = vm({
          generation: row.generation,
          desired: { power: row.power },
          spec: { autoStart: row.autoStart },
          status: { nodeId: "n", state: row.state, observedGeneration: observed },
        });
        observe(one, seen(sight));
        expect(one.generation).toBeGreaterThanOrEqual(row.generation);
        expect(one.status?.observedGeneration).toBeGreaterThanOrEqual(observed);
        expect(one.generation).toBeGreaterThanOrEqual(sight.generation);
        const generation = one.generation;
        observe(one, seen(sight));
        expect(one.generation).toBe(generation);
        if (isPending(one)) return;
        expect(stateOf(one)).toBe(sight.state);
        expect(powerOf(one) === Power.ON).toBe(sight.state === State.RUNNING);
      }),
      { numRuns: 2000 },
    );
  });
});
