import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, buildImage, console, ssh, sshWithPassword } from "./guest.ts";
import { readmeCommands } from "./readme.ts";
import { root, Stack, until } from "./stack.ts";
import { Terminal } from "./terminal.ts";

/** The genuine article: a Debian cloud image whose own cloud-init reads our seed, by the README's commands. */
let stack: Stack;

beforeAll(async () => {
  await buildImage("debian");
  stack = await Stack.start();
}, 600_000);

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

test("the README's commands end in a shell of the guest", { timeout: 600_000 }, async () => {
  for (const command of await readmeCommands("## First use", 1)) {
    await using terminal = new Terminal(command, { cwd: root, env: stack.environment });
    if (command.includes("vm ssh")) {
      await terminal.shows(/debian@deb-1/, { timeoutMs: 400_000 });
      terminal.type("exit\r");
    }
    expect(await terminal.end(), terminal.seen).toBe(0);
  }
});

const debian = async (name: string) => {
  const key = join(stack.directory, "home/.config/limiquantix/id_ed25519");
  return { user: "debian", address: await addressOf(stack, name), key };
};

test(
  "cloud-init gave the user its rights, the disk its size, the console its prompt",
  { timeout: 600_000 },
  async () => {
    const guest = await debian("deb-1");
    expect(await ssh(guest, "sudo id -u")).toBe("0\n");
    await until(
      "the root file system has the disk's size",
      async () => Number(await ssh(guest, "df --output=size -BM / | tail -1 | tr -dc 0-9")) > 9000,
      200_000,
    );
    await console(stack, "deb-1", "\r", /deb-1 login:/, 200_000);
  },
);

test("a clone is a machine of its own, that its old key and a new password open", { timeout: 600_000 }, async () => {
  const password = "correct-horse-9";
  await untilSetUp("deb-1");
  const first = await identityOf("deb-1");
  await stack.lqx(["vm", "stop", "deb-1", "--wait"]);
  await stack.lqx(["vm", "clone", "deb-1", "deb-2", "--password-stdin", "--start", "--wait"], password);
  await untilSetUp("deb-2");
  const second = await identityOf("deb-2");
  expect(second.hostname).toBe("deb-2");
  for (const [what, value] of Object.entries(first)) expect(second[what], what).not.toBe(value);
  const target = { ...(await debian("deb-2")), password };
  const inClone = (command: string) => sshWithPassword(stack, target, command);
  expect(await inClone("sudo passwd --status debian")).toMatch(/^debian P /);
  expect(await inClone("sudo journalctl -n 1 -q")).not.toBe("");
});

/** Until then cloud-init may restart what answers SSH. */
async function untilSetUp(name: string): Promise<void> {
  const guest = await debian(name);
  await until("cloud-init is done", async () => (await ssh(guest, "cloud-init status")).includes("done"), 200_000);
}

/** What there may be only once. */
async function identityOf(name: string): Promise<Record<string, string>> {
  const guest = await debian(name);
  const ask = async (command: string) => (await ssh(guest, command)).trim();
  return {
    address: guest.address,
    hostname: await ask("hostname"),
    machine: await ask("cat /etc/machine-id"),
    hostKey: await ask("cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub"),
    mac: await ask("cat /sys/class/net/e*/address"),
  };
}
