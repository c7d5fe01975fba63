import { Child } from "./child.ts";
import { type Bench, type Figure } from "./figure.ts";
import { post, throughput } from "./http-load.ts";
import { createVms } from "./create-vms.ts";

/** ListVMs of 100 VMs against a raw node:http server that answers the same bytes. */
export const listVms: Bench = {
  name: "list-vms",
  needsLibvirt: false,
  async run(size) {
    await using ours = await Child.start("scale-server.ts", "1");
    await using raw = await Child.start("raw-server.ts");
    const base = `http://127.0.0.1:${ours.firstLine}`;
    const bare = `http://127.0.0.1:${raw.firstLine}`;
    const [count, ms] = size === "tiny" ? [5, 50] : [100, 2000];
    await createVms(base, count);
    const list = () => post(`${base}/limiquantix.compute.v1.VMService/ListVMs`, '{"pageSize":100}');
    const answer = await list();
    await post(`${bare}/set`, answer.toString());
    const rounds: { ours: number; bare: number }[] = [];
    for (let round = 0; round < 4; round++) {
      const asBare = () => post(bare, '{"pageSize":100}');
      rounds.push({ ours: await throughput(list, { ms }), bare: await throughput(asBare, { ms }) });
    }
    // The first round warms both up.
    const [, ...counted] = rounds;
    const mean = (pick: (round: { ours: number; bare: number }) => number) =>
      counted.reduce((sum, round) => sum + pick(round), 0) / counted.length;
    const figures: Figure[] = [
      {
        name: `ListVMs of ${count} (${Math.round(answer.length / 1024)} KiB of JSON)`,
        unit: "req/s",
        ours: mean((r) => r.ours),
        bare: mean((r) => r.bare),
        against: "node:http",
      },
    ];
    return figures;
  },
};
