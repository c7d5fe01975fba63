import { expect, it } from "vitest";
import { resolvesName } from "./own-name.ts";

it("finds a host's own name in /etc/hosts", () => {
  const file = "127.0.0.1 localhost\n127.0.1.1\tweb-1.example web-1 # us\n#127.0.0.1 old\n";
  expect(resolvesName(file, "web-1")).toBe(true);
  expect(resolvesName(file, "us")).toBe(false);
  expect(resolvesName(file, "old")).toBe(false);
  expect(resolvesName(file, "web")).toBe(false);
  expect(resolvesName("", "web")).toBe(false);
});
