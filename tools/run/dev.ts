import { spawn } from "node:child_process";
import { join } from "node:path";
import { controlUrl, nodeAddress, root } from "./config.ts";

/** Node restarts a program by itself when one of the files that it imported changes (node --watch). */
const watched = (app: string, ...args: string[]): string[] => [
  "--watch",
  "--watch-preserve-output",
  join(root, "apps", app, "src/main.ts"),
  ...args,
];

const commands = [
  watched("controlplane", "--dev"),
  watched("noded", "--dev", "--listen", nodeAddress, "--control-plane", controlUrl, "--register"),
];
const children = commands.map((args) => spawn(process.execPath, args, { stdio: "inherit" }));
const end = (): void => children.forEach((child) => child.kill("SIGTERM"));
process.on("SIGINT", end);
process.on("SIGTERM", end);
