import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cli } from "./cli.ts";
import { loadCommand } from "./command-tree.ts";
import { entries } from "./commands/index.ts";
import { saveContexts } from "./contexts.ts";
import { ExitCode } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { createTerminal } from "./terminal/terminal.ts";
import { runLqx } from "./testing/run-lqx.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lqx-home-"));
});
afterAll(() => rm(home, { recursive: true }));

const lqx = (...words: string[]) => runLqx(words, { home, server: "http://127.0.0.1:9" });

describe("help", () => {
  test("of every noun and verb can be printed", async () => {
    const paths = entries.filter((entry) => !entry.hidden).map(({ name, nouns }) => ({ path: [name], nouns }));
    for (const { path, nouns } of paths) {
      for (const words of [path, ...((await nouns?.()) ?? []).map((verb) => [...path, verb.name])]) {
        const { code, out } = await lqx(...words, "--help");
        expect([words, code]).toEqual([words, ExitCode.OK]);
        expect(out).toContain(`Usage: lqx ${words.at(0)}`);
        // A verb that filled nothing in would have no action and answer with its help, which is empty but for this.
        if (words.length === 2) expect((await lqx("help", ...words)).out).toBe(out);
      }
    }
  });
  test("documents the exit codes", async () => expect((await lqx("--help")).out).toContain("Exit codes:"));
});

test("no verb has a flag that the program has too: it would never be seen", async () => {
  const terminal = createTerminal(
    { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    false,
  );
  const settings = { server: undefined, token: undefined, configDir: home, editor: "", home };
  const cli = new Cli(
    { ...settings, noColor: true, username: "", hasDisplay: false, applicationsDir: home },
    terminal,
    () => ({
      output: "table",
      color: false,
    }),
  );
  const program = createProgram(cli);
  const ours = new Set(program.options.flatMap(({ long, short }) => [long ?? "", short ?? ""]).filter(Boolean));
  const walk = async (parent: Command): Promise<string[]> => {
    const found: string[] = [];
    for (const command of parent.commands) {
      await loadCommand(parent, command);
      for (const { long, short, flags } of command.options)
        if (ours.has(long ?? "") || ours.has(short ?? "")) found.push(`${parent.name()} ${command.name()} ${flags}`);
      found.push(...(await walk(command)));
    }
    return found;
  };
  expect(await walk(program)).toEqual([]);
});

describe("what is typed wrongly", () => {
  test.each([
    [["vm", "strat", "web"], "Did you mean start?"],
    [["vm", "create"], "missing required argument"],
    [["vm", "create", "web", "--memory", "2"], "Write it with a unit"],
    [["vm", "create", "web", "--frimware", "uefi"], "Did you mean --firmware?"],
    [["vm", "list", "-o", "xml"], "Allowed choices are table, wide, json, yaml"],
    [["vm", "list", "--context", "nowhere"], "there is no context nowhere"],
    [["vm", "start", "a", "b", "--idempotency-key", "k"], "an idempotency key is for one request"],
    [["vm"], "Usage: lqx vm"],
  ])("%j", async (words, sentence) => {
    const { code, err, out } = await lqx(...words);
    expect(err).toContain(sentence);
    expect([code, out]).toEqual([ExitCode.USAGE, ""]);
  });
});

test("a server that is not there: a sentence and an exit code, a stack only with --debug", async () => {
  const plain = await lqx("vm", "list");
  expect(plain.code).toBe(ExitCode.UNAVAILABLE);
  expect(plain.err).toContain("try this:");
  expect(plain.err).not.toMatch(/^\s+at /m);
  expect((await lqx("vm", "list", "--debug")).err).toMatch(/^\s+at /m);
  const json = await lqx("vm", "list", "-o", "json");
  expect(JSON.parse(json.err)).toMatchObject({ error: { reason: "UNAVAILABLE" } });
});

async function complete(...words: string[]): Promise<string[]> {
  return (await lqx("__complete", "--", ...words)).out.trimEnd().split("\n");
}

describe("completion", () => {
  test("nouns, verbs, flags and values", async () => {
    expect(await complete("v")).toEqual(["version", "vm", "volume"]);
    expect(await complete("pool", "add", "nfs", "--version", "")).toEqual(["3", "4.0", "4.1", "4.2"]);
    expect(await complete("vm", "st")).toEqual(["start", "stop"]);
    expect(await complete("vm", "ls", "--la")).toEqual(["--label"]);
    expect(await complete("vm", "create", "web", "--firmware", "uefi")).toEqual(["uefi", "uefi-secure-boot"]);
    expect(await complete("-o", "json", "vm", "stop", "--server", "x", "--f")).toEqual(["--force"]);
    expect(await complete("completion", "")).toEqual(["bash", "fish", "zsh"]);
  });
  test("contexts; and nothing where the server cannot be asked", async () => {
    await saveContexts(join(home, ".config/limiquantix/config.json"), {
      current: "",
      contexts: { lab: { server: "http://lab" } },
    });
    expect(await complete("--context", "")).toEqual(["lab"]);
    expect(await complete("vm", "get", "")).toEqual([""]);
  });
});
