import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Libvirt } from "@limiquantix/libvirt";
import { libvirtSocket } from "./config.ts";
import { type Bench, quantile, timings } from "./figure.ts";

const run = promisify(execFile);

/** One question to libvirt (all domains, with names) by our client, and by a forked virsh. */
export const libvirtCall: Bench = {
  name: "libvirt-call",
  needsLibvirt: true,
  async run() {
    const socket = libvirtSocket();
    const libvirt = await Libvirt.connect({ address: { socket } });
    try {
      const ours = await timings(() => libvirt.call("CONNECT_LIST_ALL_DOMAINS", { need_results: 1, flags: 0 }), 1000);
      const uri = `qemu+unix:///system?socket=${socket}`;
      const virsh = await timings(() => run("virsh", ["-c", uri, "list", "--all", "--name"]), 20);
      return [
        {
          name: "libvirt call, p50",
          unit: "ms",
          ours: quantile(ours, 0.5),
          bare: quantile(virsh, 0.5),
          against: "virsh",
        },
        {
          name: "libvirt call, p99",
          unit: "ms",
          ours: quantile(ours, 0.99),
          bare: quantile(virsh, 0.99),
          against: "virsh",
        },
      ];
    } finally {
      await libvirt[Symbol.asyncDispose]();
    }
  },
};
