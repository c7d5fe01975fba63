import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "./files.ts";

const directory = mkdtempSync(join(tmpdir(), "lqx-units-"));
afterAll(() => rmSync(directory, { recursive: true }));

const folder = join(root, "packaging/systemd");

/** systemd's own measure, from 0 (locked) to 10 (open): it may not rise. */
const mostExposure = { controlplane: 1.1, node: 2.2 };

/** The unit as it is, but that its program is one which every machine has. */
function unitFile(name: string): string {
  const file = join(directory, `limiquantix-${name}.service`);
  const text = readFileSync(join(folder, `limiquantix-${name}.service`), "utf8");
  writeFileSync(file, text.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"));
  return file;
}

function analyze(...args: string[]): string {
  return execFileSync("systemd-analyze", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function checkUnit(file: string, most: number): void {
  expect(analyze("verify", "--man=no", "--generators=no", "--recursive-errors=no", file)).toBe("");
  const report = analyze("security", "--offline=true", "--no-pager", `--threshold=${most * 10}`, file);
  expect(Number(/Overall exposure level[^:]*: ([\d.]+)/.exec(report)?.[1])).toBeLessThanOrEqual(most);
}

test.each(Object.entries(mostExposure))("limiquantix-%s.service is sound and exposed by %d at most", (name, most) => {
  checkUnit(unitFile(name), most);
});

test("the drop-in for pools that are mounted opens the node's unit so far and no further", () => {
  const folderOfDropIns = join(directory, "storage/limiquantix-node.service.d");
  mkdirSync(folderOfDropIns, { recursive: true });
  const file = join(directory, "storage/limiquantix-node.service");
  copyFileSync(unitFile("node"), file);
  copyFileSync(join(folder, "limiquantix-node-storage.conf"), join(folderOfDropIns, "storage.conf"));
  checkUnit(file, 4.8);
  const report = analyze("security", "--offline=true", "--no-pager", file);
  expect(report).toMatch(/✗ CapabilityBoundingSet=~CAP_SYS_ADMIN /);
});

test.each(Object.keys(mostExposure))(
  "limiquantix-%s.service gains no rights, and leaves no core with secrets",
  (name) => {
    const text = readFileSync(unitFile(name), "utf8");
    for (const line of [
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "LimitCORE=0",
      "UMask=0077",
      "RestrictSUIDSGID=yes",
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
  },
);

test("the control plane's unit has no capability and is not root", () => {
  const text = readFileSync(unitFile("controlplane"), "utf8");
  expect(text).toContain("\nCapabilityBoundingSet=\n");
  expect(text).toContain("\nUser=limiquantix\n");
});
