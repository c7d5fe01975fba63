import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, buildImage, console, ssh } from "./guest.ts";
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

test(
  "cloud-init gave the user its rights, the disk its size, the console its prompt",
  { timeout: 600_000 },
  async () => {
    const key = join(stack.directory, "home/.config/limiquantix/id_ed25519");
    const guest = { user: "debian", address: await addressOf(stack, "deb-1"), key };
    expect(await ssh(guest, "sudo id -u")).toBe("0\n");
    await until(
      "the root file system has the disk's size",
      async () => Number(await ssh(guest, "df --output=size -BM / | tail -1 | tr -dc 0-9")) > 9000,
      200_000,
    );
    await console(stack, "deb-1", "\r", /deb-1 login:/, 200_000);
  },
);
