import { Child } from "./child.ts";
import { createVms } from "./create-vms.ts";
import { type Bench, quantile, timings } from "./figure.ts";
import { post } from "./http-load.ts";

const sizes = {
  full: { vmCount: 10_000, hostCount: 1_000, calls: 2000 },
  tiny: { vmCount: 20, hostCount: 2, calls: 5 },
};

/** Reads with 10,000 VMs in SQLite and 1,000 simulated hosts connected, one request at a time. */
export const readsAtScale: Bench = {
  name: "reads-at-scale",
  needsLibvirt: false,
  async run(size) {
    const { vmCount, hostCount, calls } = sizes[size];
    const started = performance.now();
    await using server = await Child.start("scale-server.ts", String(hostCount));
    const joined = performance.now();
    const service = `http://127.0.0.1:${server.firstLine}/limiquantix.compute.v1.VMService`;
    await createVms(`http://127.0.0.1:${server.firstLine}`, vmCount);
    const made = performance.now();
    const page = JSON.parse((await post(`${service}/ListVMs`, '{"pageSize":1000}')).toString()) as {
      vms: { id: string }[];
    };
    const get = () => {
      const { id } = page.vms[Math.floor(Math.random() * page.vms.length)]!;
      return post(`${service}/GetVM`, JSON.stringify({ id }));
    };
    const list = () => post(`${service}/ListVMs`, '{"pageSize":50}');
    const byName = () => post(`${service}/ListVMs`, '{"pageSize":50,"orderBy":"name","labels":{"tier":"web"}}');
    const figures = [];
    for (const [name, call] of [
      ["GetVM", get],
      ["ListVMs, a page of 50", list],
      ["ListVMs by label, sorted by name", byName],
    ] as const) {
      const samples = await timings(call, calls);
      figures.push({ name: `${name}, p50`, unit: "ms", ours: quantile(samples, 0.5), aim: "≤ 2 ms" });
      figures.push({ name: `${name}, p99`, unit: "ms", ours: quantile(samples, 0.99), aim: "< 100 ms" });
    }
    return [
      { name: `${hostCount} hosts registered and followed`, unit: "s", ours: (joined - started) / 1000 },
      {
        name: `${vmCount} VMs created and defined on their hosts`,
        unit: "VMs/s",
        ours: (vmCount * 1000) / (made - joined),
      },
      ...figures,
    ];
  },
};
