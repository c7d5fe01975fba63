import { create } from "@bufbuild/protobuf";
import { type MemoryInfo, MemoryInfoSchema, NumaNodeSchema } from "@limiquantix/api";
import { type HostFiles, parseList } from "./virtual-file.ts";

/** `MemTotal:  24684084 kB` → 24684084 under MemTotal. */
export function parseMeminfo(text: string): Map<string, number> {
  return new Map(
    [...text.matchAll(/^(?:Node \d+ )?(\w+)(?:\(\w+\))?:\s+(\d+)/gm)].map(([, name = "", kib]) => [name, Number(kib)]),
  );
}

/** The total is /proc/meminfo's: the sum of the NUMA nodes can lag behind it while the kernel still takes memory in. */
export async function describeMemory(files: HostFiles): Promise<MemoryInfo> {
  const total = parseMeminfo(await files.text("proc/meminfo"));
  const nodes = (await files.list("sys/devices/system/node")).filter((name) => /^node\d+$/.test(name));
  const numaNodes = await Promise.all(
    nodes.map(async (name) => {
      const node = parseMeminfo(await files.text(`sys/devices/system/node/${name}/meminfo`));
      return create(NumaNodeSchema, {
        id: Number(name.slice(4)),
        memoryMib: mib(node.get("MemTotal")),
        cpus: parseList(await files.text(`sys/devices/system/node/${name}/cpulist`)),
      });
    }),
  );
  return create(MemoryInfoSchema, {
    totalMib: mib(total.get("MemTotal")),
    availableMib: mib(total.get("MemAvailable")),
    numaNodes: numaNodes.toSorted((a, b) => a.id - b.id),
    swapTotalMib: mib(total.get("SwapTotal")),
  });
}

export function mib(kib: number | undefined): bigint {
  return BigInt(Math.floor((kib ?? 0) / 1024));
}
