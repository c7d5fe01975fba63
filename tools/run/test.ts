import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "./config.ts";
import { runHostTests } from "./host-lanes.ts";
import { complaints, count } from "./results.ts";
import { browserTestFiles, filesOf, hostTestFiles } from "./test-files.ts";
import { succeeds, vitest } from "./vitest-run.ts";

const UNIT_LIMIT_MS = 20 * 60_000;
const BROWSER_LIMIT_MS = 20 * 60_000;
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
  const units = await vitest({ reportFile: join(scratch, "unit.json"), limitMs: UNIT_LIMIT_MS });

  heading("browser tests: the dashboard in Chromium");
  await step("the dashboard could not be built", [tool("dashboard")]);
  const inBrowser = await vitest({
    reportFile: join(scratch, "browser.json"),
    config: join(root, "test/vitest.e2e.config.ts"),
    limitMs: BROWSER_LIMIT_MS,
  });

  heading("guest images");
  // A lab host reaches no mirror, so the images are in the cache before it starts.
  await step("the tiny guest image could not be built", [bin(builder), "tiny"]);
  await step("the Debian image could not be built", [bin(builder), "debian"]);
  // It boots here too, once; what is saved of that is what each test begins with.
  await step("the VM for tests of storage could not be built", [tool("lab/storage-vm")]);

  heading("host tests: real libvirt, QEMU and images, in lab hosts");
  const reports = [units, inBrowser, ...(await runHostTests(scratch, wrong))];

  // None of these may be skipped; that they exist at all is seen in the sources, not in the results.
  const mustRun = await filesOf([...hostTestFiles, ...browserTestFiles]);
  wrong.push(
    ...complaints(
      reports,
      mustRun.map((file) => `/${file}`),
    ),
  );
  heading(wrong.length === 0 ? "all is well" : "what is wrong");
  for (const line of wrong) console.log(line);
  const { passed, skipped } = count(reports);
  // A step that failed and a test that had to run and did not are failures too.
  console.log(`${passed} passed, ${wrong.length} failed, ${skipped} skipped`);
  return wrong.length === 0;
}

const tool = (name: string): string => join(root, "tools", name);
const heading = (text: string): void => console.log(`\n== ${text}`);

const scratch = await mkdtemp(join(tmpdir(), "limiquantix-test-"));
const passed = await testAll(scratch).finally(() => rm(scratch, { recursive: true, force: true }));
process.exit(passed ? 0 : 1);
