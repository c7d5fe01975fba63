import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "./config.ts";
import { complaints, count, type Report } from "./results.ts";

/** One lab host at a time carries the host tests; its name is short because it becomes a network device. */
const LAB_HOST = `t${process.pid % 100_000}`;

const builder = "limiquantix-image-builder";

async function testAll(): Promise<boolean> {
  const setUp = await command([tool("host-setup")]);
  const checked = await command([tool("check")]);
  const scratch = await mkdtemp(join(tmpdir(), "limiquantix-test-"));
  try {
    const reports: Report[] = [];
    heading("unit tests and tests on sim");
    reports.push(await vitest([], join(scratch, "unit.json")));
    heading("guest images");
    // A lab host reaches no mirror, so the images are in the cache before it starts.
    const built = [await command([bin(builder), "tiny"]), await command([bin(builder), "debian"])];
    heading("host tests: real libvirt, QEMU and images, in a lab host");
    const lab = tool("lab/host");
    await command([lab, "up", LAB_HOST]);
    try {
      const prefix = [lab, "exec", LAB_HOST];
      reports.push(
        await vitest(prefix, join(scratch, "host.json"), "--config", join(root, "test/vitest.host.config.ts")),
      );
    } finally {
      await command([lab, "down", LAB_HOST]);
    }
    const wrong = complaints(reports, await hostTests());
    if (!setUp) wrong.unshift("host-setup failed");
    if (built.includes(false)) wrong.unshift("a guest image could not be built");
    if (!checked) wrong.unshift("tools/check failed");
    heading(wrong.length === 0 ? "all is well" : "what is wrong");
    for (const line of wrong) console.log(line);
    const { passed, failed, skipped } = count(reports);
    const failedSteps = [setUp, checked, ...built].filter((ok) => !ok).length;
    console.log(`${passed} passed, ${failed + failedSteps} failed, ${skipped} skipped`);
    return wrong.length === 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** No host test may be skipped; that they exist at all is seen in the sources, not in the results. */
async function hostTests(): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of [
    "packages/*/{src,test}/**/*.host.test.ts",
    "apps/*/src/**/*.host.test.ts",
    "test/host/**/*.host.test.ts",
  ]) {
    for await (const file of glob(pattern, { cwd: root, exclude: (name) => name.includes("node_modules") }))
      files.push(`/${file}`);
  }
  if (files.length === 0) throw new Error("found no host tests: the list of what must run is empty");
  return files.toSorted();
}

async function vitest(prefix: readonly string[], reportFile: string, ...more: string[]): Promise<Report> {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  await command([...prefix, join(root, "node_modules/.bin/vitest"), "run", ...reporters, ...more]);
  const text = await readFile(reportFile, "utf8").catch(() => undefined);
  // A runner that died has no report, and must not look like one without failures.
  if (text === undefined) return { testResults: [{ name: reportFile, status: "failed", assertionResults: [] }] };
  return JSON.parse(text) as Report;
}

async function command([file = "", ...args]: readonly string[]): Promise<boolean> {
  const child = spawn(file, args, { cwd: root, stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code === 0;
}

const tool = (name: string): string => join(root, "tools", name);
const heading = (text: string): void => console.log(`\n== ${text}`);

process.exit((await testAll()) ? 0 : 1);
