import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dropStaleCapabilities, ensureDaemons, stopDaemons } from "./daemons.ts";
import {
  type Conf,
  leaseConf,
  lockdConf,
  plainHostConf,
  plainLibvirtdConf,
  withMarkedBlock,
} from "./libvirt-config.ts";
import { ensureOwnName } from "./own-name.ts";
import { ensurePackages, ensureTestPackages, underSystemd } from "./packages.ts";

/** Makes this machine a hypervisor host: packages, libvirt's configuration and daemons. Safe to run at every start. */
async function setUp(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("host-setup installs packages and starts libvirt: run it as root");
  await ensurePackages(say);
  if (await ensureOwnName()) say("added this host's own name to /etc/hosts");
  const configChanged = await configureLibvirt();
  const qemuChanged = await dropStaleCapabilities();
  await ensureDaemons(configChanged || qemuChanged, say);
}

async function configureLibvirt(): Promise<boolean> {
  const plain = !(await underSystemd());
  const files: Record<string, Conf> = {
    "qemu.conf": plain ? { ...plainHostConf, ...leaseConf } : leaseConf,
    "qemu-lockd.conf": lockdConf,
    ...(plain && { "libvirtd.conf": plainLibvirtdConf }),
  };
  let changed = false;
  for (const [name, conf] of Object.entries(files)) {
    const path = join("/etc/libvirt", name);
    const before = await readFile(path, "utf8").catch(() => "");
    const after = withMarkedBlock(before, conf);
    if (after === before) continue;
    await writeFile(path, after);
    changed = true;
  }
  if (changed) say("configured libvirt");
  return changed;
}

function say(line: string): void {
  console.log(`host-setup: ${line}`);
}

try {
  const [command] = process.argv.slice(2);
  if (command === "stop") await stopDaemons(say);
  else if (command === undefined) await setUp();
  else if (command === "test") {
    await setUp();
    await ensureTestPackages(say);
  } else throw new Error("usage: tools/host-setup [test|stop]");
} catch (error) {
  console.error(`host-setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
