import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, buildImage, console, newSshKey, ssh } from "./guest.ts";
import { Stack, until } from "./stack.ts";

/** The genuine article: a Debian cloud image whose own cloud-init reads our seed. */
let stack: Stack;
let key: string;

beforeAll(async () => {
  const image = await buildImage("debian");
  stack = await Stack.start();
  key = await newSshKey(stack);
  await stack.lqx(["image", "upload", image, "--name", "debian-12", "--default-user", "debian", "--os", "debian-12"]);
}, 600_000);

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

test("Debian's cloud-init gives user, key, password, name and a grown disk", { timeout: 600_000 }, async () => {
  const args = ["--image", "debian-12", "--cpu", "2", "--memory", "512MiB", "--disk", "5GiB"];
  await stack.lqx(
    ["vm", "create", "deb-1", ...args, "--password-stdin", "--ssh-key", `${key}.pub`, "--wait"],
    "correct-horse-9",
  );
  const address = await addressOf(stack, "deb-1", 300_000);
  const guest = { user: "debian", address, key };
  await until("SSH answers", async () => (await ssh(guest, "hostname")).trim() === "deb-1", 400_000);
  expect(await ssh(guest, "sudo id -u")).toBe("0\n");
  await until(
    "the root file system has the disk's size",
    async () => Number(await ssh(guest, "df --output=size -BM / | tail -1 | tr -dc 0-9")) > 4000,
    200_000,
  );
  await console(stack, "deb-1", "\n", /deb-1 login:/, 200_000);
});
