import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Node_Phase,
  NodeSchema,
  NodeSpecSchema,
  NodeStatusSchema,
  PlacementSchema,
  Placement_Strategy,
  Taint_Effect,
} from "@limiquantix/api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocatable } from "./capacity.ts";
import { hostOf, type Host, type PlacementRequest } from "./request.ts";
import { chooseHost, explain, fits, noHostFits } from "./schedule.ts";

interface HostInit {
  labels?: Record<string, string>;
  spec?: MessageInitShape<typeof NodeSpecSchema>;
  status?: MessageInitShape<typeof NodeStatusSchema>;
}

function host(name: string, init: HostInit = {}, hasPool = true): Host {
  const node = create(NodeSchema, {
    id: `id-${name}`,
    hostname: name,
    labels: init.labels ?? {},
    status: init.status ?? { phase: Node_Phase.READY },
    spec: {
      cpu: { totalCores: 8 },
      memory: { totalMib: 16384n },
      role: { compute: true },
      scheduling: { schedulable: true },
      ...init.spec,
    } as MessageInitShape<typeof NodeSpecSchema>,
  });
  return hostOf(node, { hasPool });
}

function request(init: Partial<PlacementRequest> = {}): PlacementRequest {
  return { need: { cpuCores: 1, memoryMib: 1024 }, placement: undefined, ...init };
}

const placement = (init: MessageInitShape<typeof PlacementSchema>) => create(PlacementSchema, init);
const tainted = (effect: Taint_Effect) => ({
  spec: { scheduling: { schedulable: true, taints: [{ key: "gpu", value: "a100", effect }] } },
});

describe("filters", () => {
  const cases: [string, Host, PlacementRequest, string][] = [
    ["ready", host("a", { status: { phase: Node_Phase.NOT_READY } }), request(), "the host is NOT_READY"],
    ["schedulable", host("a", { spec: { scheduling: { schedulable: false } } }), request(), "takes no new VMs"],
    ["role", host("a", { spec: { role: { storage: true } } }), request(), "no compute role"],
    ["pinned", host("a"), request({ pinnedTo: { nodeId: "b", why: "host b was asked for" } }), "host b was asked for"],
    ["required_nodes", host("a"), request({ placement: placement({ requiredNodes: ["b"] }) }), "wants one of b"],
    ["excluded_nodes", host("a"), request({ placement: placement({ excludedNodes: ["a"] }) }), "excludes this host"],
    [
      "required_labels",
      host("a", { labels: { zone: "1" } }),
      request({ placement: placement({ requiredLabels: { zone: "2" } }) }),
      "needs label zone=2, has zone=1",
    ],
    ["taint", host("a", tainted(Taint_Effect.NO_SCHEDULE)), request(), "taint gpu=a100:NO_SCHEDULE is not tolerated"],
    ["anti_affinity", host("a"), request({ avoid: new Map([["id-a", "VM db-1"]]) }), "VM db-1 is here"],
    ["storage", host("a"), request({ pools: [{ name: "fast", nodeIds: ["id-b"] }] }), "no access to storage pool fast"],
    ["storage", host("a", {}, false), request(), "no storage pool"],
    ["cpu", host("a"), request({ need: { cpuCores: 33, memoryMib: 1 } }), "needs 33 vCPUs, 32 of 32 free"],
    [
      "memory",
      host("a", { status: { phase: Node_Phase.READY, resources: { memory: { allocatedMib: 14643n } } } }),
      request({ need: { cpuCores: 1, memoryMib: 4096 } }),
      "needs 4 GiB, 1.2 GiB of 15.5 GiB free",
    ],
  ];
  test.each(cases)("%s objects", (filter, candidate, asked, message) => {
    const [verdict] = explain(asked, [candidate]);
    expect(verdict?.fits).toBe(false);
    expect(verdict?.objections.map((o) => o.filter)).toEqual([filter]);
    expect(verdict?.objections[0]?.message).toContain(message);
    expect(chooseHost(asked, [candidate])).toBeUndefined();
    expect(noHostFits("web-1", explain(asked, [candidate])).message).toContain(`no host fits VM web-1: a: `);
  });

  test.each(["gpu", "gpu=a100", "gpu:NO_SCHEDULE", "gpu=a100:NO_SCHEDULE"])("toleration %s", (toleration) => {
    const asked = request({ placement: placement({ tolerations: [toleration] }) });
    expect(chooseHost(asked, [host("a", tainted(Taint_Effect.NO_SCHEDULE))])?.node.hostname).toBe("a");
  });

  test.each(["gp", "gpu=v100", "gpu:NO_EXECUTE", "=a100"])("toleration %s does not match", (toleration) => {
    const asked = request({ placement: placement({ tolerations: [toleration] }) });
    expect(chooseHost(asked, [host("a", tainted(Taint_Effect.NO_SCHEDULE))])).toBeUndefined();
  });
});

describe("scores", () => {
  const half = host("half", {
    status: { phase: Node_Phase.READY, resources: { cpu: { allocated: 16 }, memory: { allocatedMib: 8000n } } },
  });
  test("spread takes the emptier host, pack the fuller one", () => {
    expect(chooseHost(request(), [half, host("void")])?.node.hostname).toBe("void");
    const packed = request({ placement: placement({ strategy: Placement_Strategy.PACK }) });
    expect(chooseHost(packed, [half, host("void")])?.node.hostname).toBe("half");
  });
  test("a preferred host wins over an emptier one, a soft taint loses", () => {
    const asked = request({ placement: placement({ preferredNodes: ["half"] }) });
    expect(chooseHost(asked, [half, host("void")])?.node.hostname).toBe("half");
    expect(chooseHost(request(), [half, host("void", tainted(Taint_Effect.PREFER_NO_SCHEDULE))])?.node.hostname).toBe(
      "half",
    );
  });
  test("ties go to the first by name, whatever the order", () => {
    expect(chooseHost(request(), [host("b"), host("a")])?.node.hostname).toBe("a");
  });
});

test("allocatable: reserve and overcommit, with their defaults", () => {
  const small = host("a", { spec: { memory: { totalMib: 1000n } } }).node.spec;
  expect(allocatable(small)).toEqual({ cpuCores: 32, memoryMib: 900 });
  const told = host("a", {
    spec: { scheduling: { reserved: { cpuCores: 2, memoryMib: 384n }, overcommit: { cpuRatio: 2, memoryRatio: 1.5 } } },
  }).node.spec;
  expect(allocatable(told)).toEqual({ cpuCores: 12, memoryMib: 24000 });
});

describe("properties", () => {
  const nodes = fc.array(
    fc.record({
      cores: fc.integer({ min: 0, max: 64 }),
      memory: fc.integer({ min: 0, max: 65536 }),
      phase: fc.constantFrom(Node_Phase.READY, Node_Phase.READY, Node_Phase.MAINTENANCE),
      zone: fc.constantFrom("1", "2"),
      hasPool: fc.boolean(),
      soft: fc.boolean(),
    }),
    { maxLength: 8 },
  );
  const needs = fc.array(
    fc.record({
      cpuCores: fc.integer({ min: 1, max: 32 }),
      memoryMib: fc.integer({ min: 1, max: 16384 }),
      strategy: fc.constantFrom(Placement_Strategy.SPREAD, Placement_Strategy.PACK),
      zone: fc.option(fc.constantFrom("1", "2")),
      excluded: fc.subarray(["n0", "n1", "n2"]),
    }),
    { maxLength: 60 },
  );

  test("never oversubscribes, takes only hosts that fit, and the explanation agrees with the choice", () => {
    fc.assert(
      fc.property(nodes, needs, (descriptions, wanted) => {
        const cluster = descriptions.map((d, i) =>
          host(
            `n${i}`,
            {
              labels: { zone: d.zone },
              status: { phase: d.phase },
              spec: {
                cpu: { totalCores: d.cores },
                memory: { totalMib: BigInt(d.memory) },
                scheduling: {
                  schedulable: true,
                  taints: d.soft ? [{ key: "soft", effect: Taint_Effect.PREFER_NO_SCHEDULE }] : [],
                },
              },
            },
            d.hasPool,
          ),
        );
        for (const { zone, excluded, strategy, ...need } of wanted) {
          const asked = request({
            need,
            placement: placement({
              strategy,
              excludedNodes: excluded,
              ...(zone === null ? {} : { requiredLabels: { zone } }),
            }),
          });
          const chosen = chooseHost(asked, cluster);
          const verdicts = explain(asked, cluster.toReversed());
          expect(verdicts.find((v) => v.fits)?.nodeId).toBe(chosen?.node.id);
          for (const one of verdicts) {
            expect(one.fits).toBe(one.objections.length === 0);
            expect(one.score).toBeGreaterThanOrEqual(0);
            expect(one.score).toBeLessThanOrEqual(1);
          }
          if (!chosen) continue;
          expect(fits(asked, chosen)).toBe(true);
          chosen.free.cpuCores -= need.cpuCores;
          chosen.free.memoryMib -= need.memoryMib;
          expect(Math.min(chosen.free.cpuCores, chosen.free.memoryMib)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
