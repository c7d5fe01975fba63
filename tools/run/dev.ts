import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { controlAddress, controlUrl, nodeAddress, root } from "./config.ts";

const { values } = parseArgs({ options: { libvirt: { type: "boolean", default: false } } });

/** Node restarts a program by itself when one of the files that it imported changes (node --watch). */
const watched = (app: string, ...args: string[]): string[] => [
  "--watch",
  "--watch-preserve-output",
  join(root, "apps", app, "src/main.ts"),
  "--dev",
  ...args,
];

const addresses = ["--listen", nodeAddress, "--control-plane", controlUrl];
const commands = [
  watched("controlplane", "--listen", controlAddress),
  watched("noded", ...addresses, "--register", "--hypervisor", values.libvirt ? "libvirt" : "sim"),
];
/** The dashboard from its sources, changed in the page as they are saved; it asks the control plane for the rest. */
commands.push([join(root, "apps/dashboard/node_modules/vite/bin/vite.js"), join(root, "apps/dashboard")]);
const children = commands.map((args) => spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] }));
const end = (): void => children.forEach((child) => child.kill("SIGTERM"));
process.on("SIGINT", end);
process.on("SIGTERM", end);
