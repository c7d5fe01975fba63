import { loadavg } from "node:os";
import { benches } from "./benches.ts";
import { libvirtSocket, wanted } from "./config.ts";
import { printFigures } from "./figure.ts";

const chosen = wanted.length === 0 ? benches : benches.filter((bench) => wanted.includes(bench.name));
if (chosen.length === 0) throw new Error(`no such bench; there are ${benches.map((bench) => bench.name).join(", ")}`);
if (chosen.some((bench) => bench.needsLibvirt)) libvirtSocket();
const load = () => loadavg()[0]?.toFixed(1);
const before = load();
const figures = [];
for (const bench of chosen) {
  console.error(`measuring ${bench.name} …`);
  const found = await bench.run("full");
  for (const { name, ours, unit } of found) console.error(`  ${name}: ${ours.toFixed(2)} ${unit}`);
  figures.push(...found);
}
console.log(`${printFigures(figures)}\n\nload of the machine: ${before} before, ${load()} after`);
process.exit(0);
