import { StorageDevice_Type } from "@limiquantix/api";
import { FakeClock, systemClock } from "@limiquantix/kit";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { LinuxHostFacts } from "./linux-host-facts.ts";
import { ownAddressTowards } from "./own-address.ts";
import { parseList } from "./virtual-file.ts";

/** A host with two sockets of two cores with two threads each. */
const bigHost: Record<string, string> = {
  "proc/sys/kernel/hostname": "hv-7\n",
  "proc/sys/kernel/random/boot_id": "0d4f0c1e-1111-4222-8333-944455556666\n",
  "proc/sys/kernel/osrelease": "6.12.9-amd64\n",
  "proc/uptime": "4255.99 6370.38\n",
  "proc/cpuinfo": `processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R): Gold\ncpu MHz\t\t: 2596.132\nflags\t\t: fpu vmx sse4_2\n\nprocessor\t: 1\n`,
  "proc/meminfo": "MemTotal:       24684084 kB\nMemAvailable:   20971520 kB\nSwapTotal:       2097148 kB\n",
  "proc/loadavg": "3.26 2.74 2.00 6/269 5272\n",
  "proc/stat": "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1\n",
  "proc/self/stat": "42 (node (x) y) S 1 1 1 0 -1 4194304 99 0 0 0 150 50 0 0 20 0 11 0 425602 3133440 410\n",
  "proc/self/status": "Name:\tnode\nVmRSS:\t   81920 kB\n",
  "proc/net/dev":
    "Inter-|\n face |\n    lo: 5 0 0 0 0 0 0 0 5 0\n  eth0: 1000 1 0 0 0 0 0 0 2000 1\n vnet0: 7 0 0 0 0 0 0 0 7 0\n",
  "proc/diskstats":
    "   7 0 loop0 9 9 9 9 9 9 9 9\n 259 0 nvme0n1 10 0 20 0 30 0 40 0\n 259 1 nvme0n1p1 10 0 20 0 30 0 40 0\n",
  "etc/os-release": 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
  "etc/machine-id": "3d1219c7c4c5404aaa1f6d2a48adfda4\n",
  "sys/devices/system/cpu/online": "0-7\n",
  "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "3500000\n",
  "sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:        7825612 kB\nNode 0 MemFree:         6058824 kB\n",
  "sys/devices/system/node/node0/cpulist": "0-1,4-5\n",
  "sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:        1048576 kB\n",
  "sys/devices/system/node/node1/cpulist": "2-3,6-7\n",
  "sys/block/nvme0n1/size": "2000409264\n",
  "sys/block/nvme0n1/device/model": "Samsung SSD 980\n",
  "sys/block/nvme0n1/device/serial": "S123\n",
  "sys/block/sda/size": "1000\n",
  "sys/block/sda/queue/rotational": "1\n",
  "sys/block/loop0/size": "1000\n",
  "sys/class/net/eth0/address": "52:54:00:00:00:01\n",
  "sys/class/net/eth0/mtu": "9000\n",
  "sys/class/net/eth0/speed": "25000\n",
  "sys/class/net/eth0/operstate": "up\n",
  "sys/class/net/eth0/device/uevent": "DRIVER=mlx5_core\nPCI_CLASS=20000\n",
  "sys/class/net/eth1/operstate": "down\n",
  "sys/class/net/eth1/speed": "-1\n",
  "sys/class/net/lo/address": "00:00:00:00:00:00\n",
};
for (let cpu = 0; cpu < 8; cpu++) {
  const at = `sys/devices/system/cpu/cpu${cpu}/topology`;
  bigHost[`${at}/physical_package_id`] = `${Math.floor((cpu % 4) / 2)}\n`;
  bigHost[`${at}/core_cpus_list`] = `${cpu % 4},${(cpu % 4) + 4}\n`;
}

async function host(files: Record<string, string>): Promise<string> {
  const root = await temporaryDirectory();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

async function facts(files: Record<string, string>, clock = new FakeClock()) {
  const root = await host(files);
  const options = { clock, root, machineIdFile: join(root, "own/machine-id"), controlPlaneUrl: undefined };
  const addresses = () => new Map([["eth0", ["10.0.0.5/24"]]]);
  return { root, clock, facts: await LinuxHostFacts.read({ ...options, managementIp: "10.0.0.5", addresses }) };
}

describe("LinuxHostFacts", () => {
  it("knows who the host is", async () => {
    expect((await facts(bigHost)).facts).toMatchObject({
      hostname: "hv-7",
      machineId: "3d1219c7c4c5404aaa1f6d2a48adfda4",
      bootId: "0d4f0c1e-1111-4222-8333-944455556666",
      os: "Debian GNU/Linux 13 (trixie)",
      kernel: "6.12.9-amd64",
      managementIp: "10.0.0.5",
    });
  });

  it("describes CPU, memory, disks and interfaces", async () => {
    const { cpu, memory, storage, network, uptimeSeconds } = await (await facts(bigHost)).facts.describe();
    expect(cpu).toMatchObject({
      model: "Intel(R) Xeon(R): Gold",
      vendor: "GenuineIntel",
      sockets: 2,
      coresPerSocket: 2,
      threadsPerCore: 2,
      totalCores: 8,
      frequencyMhz: 3500,
      flags: ["fpu", "vmx", "sse4_2"],
    });
    expect(memory).toMatchObject({ totalMib: 24105n, availableMib: 20480n, swapTotalMib: 2047n });
    expect(memory.numaNodes).toMatchObject([
      { id: 0, memoryMib: 7642n, cpus: [0, 1, 4, 5] },
      { id: 1, memoryMib: 1024n, cpus: [2, 3, 6, 7] },
    ]);
    expect(storage).toMatchObject([
      {
        name: "nvme0n1",
        model: "Samsung SSD 980",
        serial: "S123",
        type: StorageDevice_Type.NVME,
        sizeBytes: 1024209543168n,
      },
      { name: "sda", type: StorageDevice_Type.HDD },
    ]);
    expect(network).toMatchObject([
      { name: "eth0", mtu: 9000, speedMbps: 25000, up: true, driver: "mlx5_core", addresses: ["10.0.0.5/24"] },
      { name: "eth1", up: false, speedMbps: 0 },
    ]);
    expect(uptimeSeconds).toBe(4255);
  });

  it("measures shares over the time between two readings", async () => {
    const { facts: read, root, clock } = await facts(bigHost);
    expect(await read.metrics()).toMatchObject({
      cpuUsagePercent: 0,
      daemonCpuPercent: 0,
      memoryUsedMib: 3625n,
      load1m: 3.26,
      netRxBytes: 1000n,
      netTxBytes: 2000n,
      diskReadBytes: 10240n,
      diskWriteBytes: 20480n,
      daemonRssMib: 80n,
    });
    await clock.advance(2000);
    await writeFile(join(root, "proc/stat"), "cpu  130 0 120 840 110 0 0 0 0 0\n");
    await writeFile(join(root, "proc/self/stat"), bigHost["proc/self/stat"]!.replace("150 50", "160 60"));
    expect(await read.metrics()).toMatchObject({ cpuUsagePercent: 25, daemonCpuPercent: 10 });
  });

  it("gives a host without an id one that stays", async () => {
    const { "etc/machine-id": _, ...without } = bigHost;
    const { facts: first, root } = await facts(without);
    expect(first.machineId).toMatch(/^[0-9a-f]{32}$/);
    const options = {
      clock: systemClock,
      root,
      machineIdFile: join(root, "own/machine-id"),
      controlPlaneUrl: undefined,
    };
    expect((await LinuxHostFacts.read(options)).machineId).toBe(first.machineId);
  });

  it("answers on this very machine", async () => {
    const options = { clock: systemClock, machineIdFile: "/nowhere/id", controlPlaneUrl: "http://127.0.0.1:8080" };
    const here = await LinuxHostFacts.read(options);
    expect(here.managementIp).toBe("127.0.0.1");
    const { cpu, memory } = await here.describe();
    expect(cpu.totalCores).toBeGreaterThan(0);
    expect(memory.totalMib).toBeGreaterThan(0n);
    expect((await here.metrics()).daemonRssMib).toBeGreaterThan(0n);
  });

  it("does without a route", async () => {
    expect(await ownAddressTowards("https://no-such-host.invalid:8080")).toMatch(/^[0-9a-f.:]+$/);
  });
});

it.each([
  ["0-3,8", [0, 1, 2, 3, 8]],
  ["0", [0]],
  ["", []],
])("parseList(%j)", (text, expected) => expect(parseList(text)).toEqual(expected));
