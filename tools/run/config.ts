import { join } from "node:path";

/** The checkout that this tool belongs to. */
export const root = join(import.meta.dirname, "../..");
export const bin = (name: string): string => join(root, "bin", name);

/** Where the state of `npm start` is: the control plane's and the node daemon's. LIMIQUANTIX_DATA moves it. */
export const dataDirectory = process.env["LIMIQUANTIX_DATA"] ?? "/var/lib/limiquantix";
export const controlDirectory = join(dataDirectory, "control");
export const nodeDirectory = join(dataDirectory, "node");
export const logDirectory = join(dataDirectory, "log");
/** The supervisor's identity while it runs. */
export const pidFile = join(dataDirectory, "start.pid");

export const controlAddress = "127.0.0.1:8080";
/** For people and hosts elsewhere; this machine's own daemon comes that way too. */
export const httpsPort = 8443;
export const nodeControlUrl = `https://127.0.0.1:${httpsPort}`;
export const nodeAddress = "127.0.0.1:9090";
export const controlUrl = `http://${controlAddress}`;
