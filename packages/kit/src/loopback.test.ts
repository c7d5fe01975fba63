import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test("what is this machine alone", () => {
  for (const own of ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1", "localhost"]) {
    expect(isLoopback(own), own).toBe(true);
  }
  for (const other of ["10.0.0.1", "0.0.0.0", "::", "localhost.evil.example", "127.0.0.1.nip.io", ""]) {
    expect(isLoopback(other), other).toBe(false);
  }
});
