import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "./config.ts";
import { complaints, count, type Report } from "./results.ts";
import { browserTestFiles, hostTestFiles } from "./test-files.ts";

/** One lab host at a time carries the host tests; its name is short because it becomes a network device. */
const LAB_HOST = `t${process.pid % 100_000}`;

/** A run that hangs is ended, and fails. */
const UNIT_LIMIT_MS = 20 * 60_000;
const BROWSER_LIMIT_MS = 20 * 60_000;
const HOST_LIMIT_MS = 50 * 60_000;
const STEP_LIMIT_MS = 15 * 60_000;

const builder = "limiquantix-image-builder";

/** Runs all there is, whatever fails on the way, and prints the count as its last line. */
async function testAll(scratch: string): Promise<boolean> {
  const wrong: string[] = [];
  const step = async (what: string, command: readonly string[]): Promise<void> => {
    if (!(await succeeds(command, STEP_LIMIT_MS))) wrong.push(what);
  };
  await step("host-setup failed", [tool("host-setup"), "test"]);
  await step("tools/check failed", [tool("check")]);

  heading("unit tests and tests on sim");
  const units = await vitest([], join(scratch, "unit.json"), { limitMs: UNIT_LIMIT_MS });

  heading("browser tests: the dashboard in Chromium");
  await step("the dashboard could not be built", [tool("dashboard")]);
  const inBrowser = await vitest([], join(scratch, "browser.json"), {
    config: join(root, "test/vitest.e2e.config.ts"),
    limitMs: BROWSER_LIMIT_MS,
  });

  heading("guest images");
  // A lab host reaches no mirror, so the images are in the cache before it starts.
  await step("the tiny guest image could not be built", [bin(builder), "tiny"]);
  await step("the Debian image could not be built", [bin(builder), "debian"]);
  // It boots here too, once; what is saved of that is what each test begins with.
  await step("the VM for tests of storage could not be built", [tool("lab/storage-vm")]);

  heading("host tests: real libvirt, QEMU and images, in a lab host");
  const lab = tool("lab/host");
  await step("the lab host did not start", [lab, "up", LAB_HOST]);
  const onHost = await vitest([lab, "exec", LAB_HOST], join(scratch, "host.json"), {
    config: join(root, "test/vitest.host.config.ts"),
    limitMs: HOST_LIMIT_MS,
  });
  await step("the lab host could not be removed", [lab, "down", LAB_HOST]);

  wrong.push(...complaints([units, inBrowser, onHost], await mustRun()));
  heading(wrong.length === 0 ? "all is well" : "what is wrong");
  for (const line of wrong) console.log(line);
  const { passed, skipped } = count([units, inBrowser, onHost]);
  // A step that failed and a test that had to run and did not are failures too.
  console.log(`${passed} passed, ${wrong.length} failed, ${skipped} skipped`);
  return wrong.length === 0;
}

/** No host or browser test may be skipped; that they exist at all is seen in the sources, not in the results. */
async function mustRun(): Promise<string[]> {
  const files: string[] = [];
  const exclude = (name: string): boolean => name.includes("node_modules");
  for await (const file of glob([...hostTestFiles, ...browserTestFiles], { cwd: root, exclude }))
    files.push(`/${file}`);
  return files.toSorted();
}

async function vitest(
  prefix: readonly string[],
  reportFile: string,
  { config, limitMs }: { config?: string; limitMs: number },
): Promise<Report> {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const runner = [join(root, "node_modules/.bin/vitest"), "run", ...reporters, ...(config ? ["--config", config] : [])];
  const ok = await succeeds([...prefix, ...runner], limitMs);
  const report = await readReport(reportFile);
  // A runner that died has no report, and one may fail by an error that no test waited for: neither is a pass.
  if (report && (ok || count([report]).failed > 0)) return report;
  const trouble = {
    name: config ?? "vitest",
    status: "failed",
    message: "the run itself failed",
    assertionResults: [],
  };
  return { testResults: [...(report?.testResults ?? []), trouble] };
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } catch {
    return undefined;
  }
}

async function succeeds([file = "", ...args]: readonly string[], limitMs: number): Promise<boolean> {
  const child = spawn(file, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], timeout: limitMs });
  const [code] = await once(child, "exit").catch((error: unknown) => {
    console.error(error);
    return [1];
  });
  return code === 0;
}

const tool = (name: string): string => join(root, "tools", name);
const heading = (text: string): void => console.log(`\n== ${text}`);

const scratch = await mkdtemp(join(tmpdir(), "limiquantix-test-"));
const passed = await testAll(scratch).finally(() => rm(scratch, { recursive: true, force: true }));
process.exit(passed ? 0 : 1);
