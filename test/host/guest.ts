import { execFile, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, type Stack, until } from "./stack.ts";

const run = promisify(execFile);

/** The path of a guest image; built once, cached for later runs. */
export async function buildImage(recipe: "tiny" | "debian"): Promise<string> {
  const { stdout } = await run(join(root, "bin/limiquantix-image-builder"), [recipe], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/** A new SSH key pair in the stack's directory; answers the private key's path. */
export async function newSshKey(stack: Stack): Promise<string> {
  const key = join(stack.directory, `key-${process.hrtime.bigint()}`);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test@limiquantix", "-f", key]);
  return key;
}

const sshOptions = [
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "LogLevel=ERROR",
  "ConnectTimeout=20",
].flatMap((option) => ["-o", option]);

/** Runs a command in the guest, with a key. */
export async function ssh(target: { user: string; address: string; key: string }, command: string): Promise<string> {
  const args = [...sshOptions, "-o", "BatchMode=yes", "-i", target.key, `${target.user}@${target.address}`, command];
  return (await run("ssh", args, { timeout: 30_000 })).stdout;
}

/** Runs a command in the guest, with a password: ssh asks a program for it, since there is no terminal. */
export async function sshWithPassword(
  stack: Stack,
  target: { user: string; address: string; password: string },
  command: string,
): Promise<string> {
  const asker = join(stack.directory, "askpass");
  await writeFile(asker, `#!/bin/sh\necho '${target.password}'\n`, { mode: 0o700 });
  const args = [...sshOptions, "-o", "PubkeyAuthentication=no", `${target.user}@${target.address}`, command];
  const env = { ...process.env, SSH_ASKPASS: asker, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" };
  return (await run("ssh", args, { env, timeout: 30_000 })).stdout;
}

/** Types into the serial console and answers all that came until `wanted` was seen. */
export async function console(
  stack: Stack,
  vm: string,
  typed: string,
  wanted: RegExp,
  timeoutMs = 60_000,
): Promise<string> {
  const child = spawn(join(root, "bin/lqx"), ["vm", "console", vm], { env: stack.environment });
  let seen = "";
  child.stdout.on("data", (data) => (seen += data));
  child.stderr.on("data", (data) => (seen += data));
  try {
    const typing = setInterval(() => child.stdin.write(typed), 2000);
    await until(`the console of ${vm} shows ${wanted}`, async () => wanted.test(seen), timeoutMs).finally(() =>
      clearInterval(typing),
    );
    return seen;
  } catch (cause) {
    throw new Error(`the console showed:\n${seen}`, { cause });
  } finally {
    child.kill();
  }
}

/** The address that the API shows for the VM, once it shows one. */
export async function addressOf(stack: Stack, vm: string, timeoutMs = 180_000): Promise<string> {
  let status: { ipAddresses?: string[] } | undefined;
  try {
    await until(
      `${vm} has an address`,
      async () => {
        ({ status } = await stack.json<{ status?: { ipAddresses?: string[] } }>("vm", "get", vm));
        return status?.ipAddresses?.[0] !== undefined;
      },
      timeoutMs,
    );
  } catch (cause) {
    const screen = await console(stack, vm, "\r", /login:/, 10_000).catch(String);
    throw new Error(`${vm} is ${JSON.stringify(status)}\n${screen}\n${await stack.node.log()}`, { cause });
  }
  return status!.ipAddresses![0]!;
}
