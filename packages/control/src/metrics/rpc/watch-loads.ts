import { create } from "@bufbuild/protobuf";
import { LoadBatchSchema, LoadsUpdateSchema, type LoadBatch, type LoadsUpdate } from "@limiquantix/api";
import { sleep } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { nodes, vms } from "../../tables.ts";
import type { LoadKind } from "../loads.ts";
import type { MetricsServiceParts } from "../service.ts";

const tellEveryMs = 5000;
/** What changed by less is not worth its bytes: tenths of a percent, and a share of the memory. */
const leastCpu = 5;
const leastMemory = 0.01;

/** How busy everything is that the caller may see: first all, then what changed since the message before. */
export async function* watchLoads(
  parts: MetricsServiceParts,
  { access, signal }: Pick<Call, "access" | "signal">,
): AsyncGenerator<LoadsUpdate> {
  const { db, clock } = parts;
  const sees = { vm: access.sees("vm", "vm.view"), node: access.sees("node", "node.view") };
  const visible: { [K in LoadKind]: (id: string) => boolean } = {
    vm(id) {
      const row = db.find(vms, id);
      return row !== undefined && sees.vm(row);
    },
    node(id) {
      const row = db.find(nodes, id);
      return row !== undefined && sees.node(row);
    },
  };
  const told = { vm: new Told(), node: new Told() };
  for (let first = true; !signal.aborted; first = false) {
    const batchOf = (kind: LoadKind) => told[kind].next(parts.loads.all(kind, clock.now()), visible[kind]);
    const update = create(LoadsUpdateSchema, { vms: batchOf("vm"), nodes: batchOf("node") });
    if (first || !isEmpty(update.vms) || !isEmpty(update.nodes)) yield update;
    await sleep(clock, tellEveryMs, { signal, background: true }).catch(() => {});
  }
}

/** What one reader knows. */
class Told {
  readonly #known = new Map<string, { index: number; cpu: number; memory: number; shown: boolean }>();

  next(
    loads: Iterable<[id: string, load: { cpuPercent: number; memoryMib: number }]>,
    visible: (id: string) => boolean,
  ) {
    const batch = create(LoadBatchSchema);
    const ids: string[] = [];
    const here = new Set<string>();
    for (const [id, { cpuPercent, memoryMib }] of loads) {
      if (!visible(id)) continue;
      here.add(id);
      const [cpu, memory] = [Math.max(0, Math.round(cpuPercent * 10)), Math.max(0, Math.round(memoryMib))];
      let known = this.#known.get(id);
      if (!known) {
        this.#known.set(id, (known = { index: this.#known.size, cpu: NaN, memory: NaN, shown: false }));
        ids.push(id);
      }
      const changed =
        Math.abs(cpu - known.cpu) >= leastCpu || Math.abs(memory - known.memory) >= known.memory * leastMemory;
      if (known.shown && !(changed && (cpu !== known.cpu || memory !== known.memory))) continue;
      Object.assign(known, { cpu, memory, shown: true });
      batch.index.push(known.index);
      batch.cpu.push(cpu);
      batch.memory.push(memory);
    }
    for (const [id, known] of this.#known) {
      if (!known.shown || here.has(id)) continue;
      known.shown = false;
      batch.gone.push(known.index);
    }
    batch.ids = packIds(ids);
    return batch;
  }
}

function isEmpty(batch: LoadBatch | undefined): boolean {
  return !batch || (batch.index.length === 0 && batch.gone.length === 0);
}

/** UUIDs as RFC 9562 has them in bytes. */
function packIds(ids: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ids.length * 16);
  for (const [i, id] of ids.entries()) {
    const hex = id.replaceAll("-", "");
    for (let j = 0; j < 16; j++) bytes[i * 16 + j] = parseInt(hex.slice(2 * j, 2 * j + 2), 16);
  }
  return bytes;
}
