import { expect, test } from "vitest";
import { readmeCommands } from "./readme.ts";
import { root, until } from "./stack.ts";
import { Terminal } from "./terminal.ts";

test("the README's quick start without a hypervisor shows this host READY", async () => {
  const [controlPlane = "", node = "", listNodes = "", health = ""] = await readmeCommands("## Without a hypervisor");
  const env = { ...process.env, NO_COLOR: "1" };
  await using control = new Terminal(controlPlane, { cwd: root, env });
  await control.shows(/OPEN to everybody/);
  await using daemon = new Terminal(node, { cwd: root, env });
  await daemon.shows(/SIMULATED/);
  let shown = "";
  await until("the host is READY", async () => {
    await using asked = new Terminal(listNodes, { cwd: root, env });
    await asked.end();
    shown = asked.seen;
    return shown.includes('"READY"');
  });
  expect(shown).toMatch(/"hostname": "\S+",\s+"id": "\S+",\s+"phase": "READY"/);
  await using healthy = new Terminal(health, { cwd: root, env });
  expect(await healthy.end()).toBe(0);
  expect(healthy.seen).toContain('"status":"ok"');
});
