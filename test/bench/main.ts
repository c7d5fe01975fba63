import { libvirtSocket, wanted } from "./config.ts";
import { type Bench, printFigures } from "./figure.ts";
import { libvirtCall } from "./libvirt-call.ts";
import { listVms } from "./list-vms.ts";
import { readsAtScale } from "./reads-at-scale.ts";

const benches: readonly Bench[] = [libvirtCall, listVms, readsAtScale];

const chosen = wanted.length === 0 ? benches : benches.filter((bench) => wanted.includes(bench.name));
if (chosen.length === 0) throw new Error(`no such bench; there are ${benches.map((bench) => bench.name).join(", ")}`);
if (chosen.some((bench) => bench.needsLibvirt)) libvirtSocket();
const figures = [];
for (const bench of chosen) {
  console.error(`measuring ${bench.name} …`);
  figures.push(...(await bench.run()));
}
console.log(printFigures(figures));
process.exit(0);
