import { create } from "@bufbuild/protobuf";
import { type CpuInfo, CpuInfoSchema } from "@limiquantix/api";
import { type HostFiles, parseList } from "./virtual-file.ts";

/** From /proc/cpuinfo and sysfs' topology (the kernel's Documentation/admin-guide/cputopology.rst). */
export async function describeCpu(files: HostFiles, architecture: string): Promise<CpuInfo> {
  const first = firstProcessor(await files.text("proc/cpuinfo"));
  const online = parseList(await files.text("sys/devices/system/cpu/online"));
  const sockets = new Set<string>();
  const cores = new Set<string>();
  for (const cpu of online) {
    const topology = `sys/devices/system/cpu/cpu${cpu}/topology`;
    const socket = (await files.find(`${topology}/physical_package_id`)) ?? "0";
    sockets.add(socket);
    cores.add(`${socket}:${(await files.find(`${topology}/core_cpus_list`)) ?? cpu}`);
  }
  const maxKhz = await files.number("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
  return create(CpuInfoSchema, {
    model: first.get("model name") ?? first.get("CPU part") ?? "",
    vendor: first.get("vendor_id") ?? first.get("CPU implementer") ?? "",
    sockets: sockets.size,
    coresPerSocket: sockets.size === 0 ? 0 : Math.round(cores.size / sockets.size),
    threadsPerCore: cores.size === 0 ? 0 : Math.round(online.length / cores.size),
    totalCores: online.length,
    frequencyMhz: Math.round(maxKhz > 0 ? maxKhz / 1000 : Number(first.get("cpu MHz") ?? 0)),
    flags: (first.get("flags") ?? first.get("Features") ?? "").split(" ").filter((flag) => flag !== ""),
    architecture,
  });
}

function firstProcessor(cpuinfo: string): Map<string, string> {
  const [block = ""] = cpuinfo.split("\n\n");
  return new Map(
    block.split("\n").flatMap((line) => {
      const at = line.indexOf(":");
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
    }),
  );
}
