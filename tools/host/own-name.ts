import { appendFile, readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** Whether a hosts(5) file gives the name an address. */
export function resolvesName(hostsFile: string, name: string): boolean {
  return hostsFile.split("\n").some((line) => {
    const words = (line.split("#")[0] ?? "").trim().split(/\s+/);
    return words.slice(1).includes(name);
  });
}

/** Adds the machine's own name to /etc/hosts: libvirt looks it up at each start of a domain, and waits 10 s for DNS. */
export async function ensureOwnName(): Promise<boolean> {
  const name = hostname();
  const file = await readFile("/etc/hosts", "utf8").catch(() => "");
  if (resolvesName(file, name)) return false;
  await appendFile("/etc/hosts", `${file === "" || file.endsWith("\n") ? "" : "\n"}127.0.1.1 ${name}\n`);
  return true;
}
