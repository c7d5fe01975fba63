import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IdentityFile } from "./identity-file.ts";

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "lqx-noded-")), "node");
});

afterEach(() => rm(join(directory, ".."), { recursive: true, force: true }));

const identity = { nodeId: "n", nodeToken: "t", certificatePem: "c", caCertificatePem: "ca", privateKeyPem: "k" };

test("an identity is kept, for its owner only", async () => {
  const file = new IdentityFile(directory);
  expect(await file.load()).toBeUndefined();
  await file.save(identity);
  await file.save({ ...identity, nodeToken: "t2" });
  expect(await new IdentityFile(directory).load()).toEqual({ ...identity, nodeToken: "t2" });
  expect((await stat(join(directory, "identity.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test("a damaged file is told as such", async () => {
  await new IdentityFile(directory).save(identity);
  await writeFile(join(directory, "identity.json"), '{"nodeId": 1}');
  await expect(new IdentityFile(directory).load()).rejects.toThrow("damaged");
  expect(await readFile(join(directory, "identity.json"), "utf8")).toContain("nodeId");
});
