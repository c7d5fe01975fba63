import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./ports.ts";
import type { TestAuthority } from "./authority.ts";

const run = promisify(execFile);

export const suffix = "dc=example,dc=org";
export const reader = { dn: `cn=reader,${suffix}`, password: "reader's secret" };

/** OpenLDAP's server on loopback: a process of the test, with its own configuration, database and certificate. */
export class Slapd implements AsyncDisposable {
  readonly ldapsUrl: string;
  readonly ldapUrl: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, child: ChildProcess, urls: { ldaps: string; ldap: string }) {
    this.#directory = directory;
    this.#child = child;
    this.ldapsUrl = urls.ldaps;
    this.ldapUrl = urls.ldap;
  }

  static async start(authority: TestAuthority, entries: string): Promise<Slapd> {
    const directory = await mkdtemp(join(tmpdir(), "lqx-slapd-"));
    await mkdir(join(directory, "data"));
    const { certPem, keyPem } = await authority.issue("127.0.0.1");
    await writeFile(join(directory, "cert.pem"), certPem);
    await writeFile(join(directory, "key.pem"), keyPem, { mode: 0o600 });
    await writeFile(join(directory, "ca.pem"), authority.caPem);
    await writeFile(join(directory, "slapd.conf"), configuration(directory));
    await writeFile(join(directory, "entries.ldif"), entries);
    // Under its own path AppArmor, where there is one, keeps it from folders that are not its own.
    for (const program of ["slapd", "slapadd"]) await copyFile("/usr/sbin/slapd", join(directory, program));
    const conf = join(directory, "slapd.conf");
    await run(join(directory, "slapadd"), ["-f", conf, "-l", join(directory, "entries.ldif")]);
    const [tlsPort, plainPort] = [await freePort(), await freePort()];
    const urls = { ldaps: `ldaps://127.0.0.1:${tlsPort}`, ldap: `ldap://127.0.0.1:${plainPort}` };
    // -d keeps it in the foreground; 0: without a word.
    const args = ["-d", "0", "-f", conf, "-h", `${urls.ldap} ${urls.ldaps}`];
    const child = spawn(join(directory, "slapd"), args, { stdio: ["ignore", "ignore", "pipe"] });
    const server = new Slapd(directory, child, urls);
    await server.#untilItListens([tlsPort, plainPort]);
    return server;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #untilItListens(ports: readonly number[]): Promise<void> {
    let said = "";
    this.#child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    for (let tries = 0; tries < 200; tries++) {
      if (this.#child.exitCode !== null) throw new Error(`slapd ended at once: ${said}`);
      if ((await Promise.all(ports.map(listens))).every(Boolean)) return;
      await sleep(50);
    }
    throw new Error(`slapd does not listen: ${said}`);
  }
}

/** Nothing may be read but by who proved who they are, and nothing at all without TLS. */
function configuration(directory: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${directory}/slapd.pid
TLSCACertificateFile ${directory}/ca.pem
TLSCertificateFile ${directory}/cert.pem
TLSCertificateKeyFile ${directory}/key.pem
security simple_bind=128
database mdb
maxsize 10485760
suffix "${suffix}"
directory ${directory}/data
index objectClass eq
index uid,cn,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
  });
}
