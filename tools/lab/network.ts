import { run, tryRun } from "../lib/process.ts";

/** The network namespace with the bridge that all lab hosts plug into: nothing appears in the machine's own network. */
export const SWITCH = "lqx-lab";
const PREFIX = "10.213.0";

/** The lab address of the host with this number (1–240). */
export const addressOf = (number: number): string => `${PREFIX}.${number + 10}`;
export const netnsOf = (name: string): string => `lqx-${name}`;

/** Creates the switch when it is missing. Beyond it there is nothing: it answers "unreachable" at once. */
export async function ensureSwitch(): Promise<void> {
  if (await hasNetns(SWITCH)) return;
  await run("ip", ["netns", "add", SWITCH]);
  await ip(SWITCH, "link", "set", "lo", "up");
  await ip(SWITCH, "link", "add", "br0", "type", "bridge");
  await ip(SWITCH, "addr", "add", `${PREFIX}.1/24`, "dev", "br0");
  await ip(SWITCH, "link", "set", "br0", "up");
  await ip(SWITCH, "route", "add", "unreachable", "default");
  await run("ip", ["netns", "exec", SWITCH, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
}

export async function removeSwitch(): Promise<void> {
  await tryRun("ip", ["netns", "del", SWITCH]);
}

/** A network namespace for a host, with an uplink `eth0` to the switch. */
export async function createUplink(name: string, number: number): Promise<void> {
  const netns = netnsOf(name);
  await run("ip", ["netns", "add", netns]);
  await ip(SWITCH, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", netns);
  await ip(SWITCH, "link", "set", name, "master", "br0", "up");
  await ip(netns, "addr", "add", `${addressOf(number)}/24`, "dev", "eth0");
  await ip(netns, "link", "set", "eth0", "up");
  await ip(netns, "route", "add", "default", "via", `${PREFIX}.1`);
}

export async function removeUplink(name: string): Promise<void> {
  await tryRun("ip", ["-n", SWITCH, "link", "del", name]);
  await tryRun("ip", ["netns", "del", netnsOf(name)]);
}

async function ip(netns: string, ...args: string[]): Promise<void> {
  await run("ip", ["-n", netns, ...args]);
}

async function hasNetns(name: string): Promise<boolean> {
  const list = await run("ip", ["netns", "list"]);
  return list.split("\n").some((line) => line.split(" ")[0] === name);
}
