import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { connect, isIP, isIPv6 } from "node:net";
import { join } from "node:path";
import { isProblem, Reason, type VirtualMachine } from "@limiquantix/api";
import { sleep, systemClock } from "@limiquantix/kit";
import type { Cli } from "../../cli.ts";
import { getImage, getVm } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { catchInterrupt, Interrupted } from "../../terminal/terminal.ts";
import { UsageError } from "../../usage-error.ts";
import { identityFiles } from "./ssh-keys.ts";
import { stateOf } from "./view.ts";

export interface SshOptions {
  ref: string;
  args: string[];
  user: string | undefined;
  port: string;
  /** 0: do not wait. */
  waitMs: number;
}

/** Runs ssh to the VM's first address; answers its exit code. */
export async function sshToVm(cli: Cli, { ref, args, user, port, waitMs }: SshOptions): Promise<number> {
  const session = await cli.connect();
  let vm = await getVm(session, ref);
  let address = addressOf(vm);
  if (waitMs > 0) {
    ({ vm, address } = await waitForSsh(cli, session, { vm, port: Number(port), waitMs }));
  }
  if (!address) {
    throw new UsageError(
      `VM ${vm.name} has no address yet: it is ${stateOf(vm)}`,
      stateOf(vm) === "RUNNING" ? "Wait for it: --wait." : `Start it: lqx vm start ${vm.name}.`,
    );
  }
  const login = user ?? (await userOf(session, vm));
  await mkdir(cli.settings.configDir, { recursive: true, mode: 0o700 });
  const knownHosts = join(cli.settings.configDir, "known_hosts");
  const identities = await identityFiles(cli.settings);
  return runSsh(sshArguments({ vmId: vm.id, address, port, user: login, knownHosts, identities, args }));
}

export interface SshTarget {
  vmId: string;
  address: string;
  port: string;
  user: string;
  knownHosts: string;
  /** Private keys to try. */
  identities: readonly string[];
  args: readonly string[];
}

/**
 * Host keys are kept by the VM's id in a file of our own: a new VM that gets a deleted one's address is no
 * "REMOTE HOST IDENTIFICATION HAS CHANGED", and a VM whose key does change still is.
 */
export function sshArguments({ vmId, address, port, user, knownHosts, identities, args }: SshTarget): string[] {
  // What begins with a dash would be a flag to ssh, and a flag can run a program.
  if (user.startsWith("-")) throw new UsageError(`${user} is no user name`);
  const options = [
    `HostKeyAlias=lqx-${vmId}`,
    "CheckHostIP=no",
    "StrictHostKeyChecking=accept-new",
    `UserKnownHostsFile="${knownHosts}"`,
    ...identities.map((path) => `IdentityFile="${path}"`),
  ];
  const destination = user ? `${user}@${address}` : address;
  return [...options.flatMap((option) => ["-o", option]), "-p", port, destination, ...args];
}

function addressOf(vm: VirtualMachine): string {
  const addresses = (vm.status?.ipAddresses ?? []).filter(
    (address) => isIP(address) && !/^(fe80:|127\.|::1$)/i.test(address),
  );
  return addresses.find((address) => !isIPv6(address)) ?? addresses[0] ?? "";
}

/** The user that cloud-init made, or the one that the image makes by itself; empty leaves it to ssh. */
async function userOf(session: Session, vm: VirtualMachine): Promise<string> {
  const named = vm.spec?.provisioning?.cloudInit?.username;
  const imageId = vm.spec?.disks[0]?.imageId;
  if (named || !imageId) return named ?? "";
  try {
    return (await getImage(session, imageId)).spec?.defaultUser ?? "";
  } catch (error) {
    if (isProblem(error, Reason.NOT_FOUND)) return "";
    throw error;
  }
}

interface Waiting {
  vm: VirtualMachine;
  port: number;
  waitMs: number;
}

/** Until the VM has an address and something listens there. */
async function waitForSsh(cli: Cli, session: Session, { vm, port, waitMs }: Waiting) {
  using interrupt = catchInterrupt();
  const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(waitMs)]);
  let now = vm;
  try {
    if (!addressOf(now)) {
      cli.note(`waiting for an address of ${vm.name} …`);
      for await (const seen of session.vms.watchVM({ id: vm.id }, { signal })) {
        now = seen;
        if (addressOf(now)) break;
      }
    }
    const address = addressOf(now);
    if (address && !(await listens(address, port, signal))) {
      cli.note(`waiting for SSH at ${address} …`);
      do await sleep(systemClock, 500, { signal });
      while (!(await listens(address, port, signal)));
    }
    return { vm: now, address };
  } catch (error) {
    if (interrupt.signal.aborted) throw new Interrupted();
    if (!signal.aborted) throw error;
    const missing = addressOf(now) ? `does not answer at ${addressOf(now)}:${port}` : "has no address";
    throw new UsageError(
      `after ${waitMs / 1000} s VM ${vm.name} (${stateOf(now)}) ${missing}`,
      `See what it does: lqx vm console ${vm.name}. Its network must be reachable from here.`,
    );
  }
}

function listens(address: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = connect({ host: address, port, timeout: 2000 });
    const end = (open: boolean) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(open);
    };
    const onAbort = () => end(false);
    signal.addEventListener("abort", onAbort, { once: true });
    // The banner, not just the port: a guest that is booting may accept and close.
    socket.once("data", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("close", () => end(false));
    socket.once("error", () => end(false));
  });
}

function ignoreInterrupt(): void {}

function runSsh(args: string[]): Promise<number> {
  // Ctrl-C is for the guest: ssh gets it from the terminal as well.
  process.on("SIGINT", ignoreInterrupt);
  const child = spawn("ssh", args, { stdio: "inherit" });
  return new Promise<number>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new UsageError(`ssh cannot be started: ${cause.message}`, "Install the OpenSSH client.")),
    );
    child.once("exit", (code) => resolve(code ?? 255));
  }).finally(() => process.off("SIGINT", ignoreInterrupt));
}
