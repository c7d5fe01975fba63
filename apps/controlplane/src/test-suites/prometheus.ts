import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian's Prometheus on loopback: a process of the test, by HTTPS and with a password, on a history of its own. */
export class Prometheus implements AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly secretFile: string;
  readonly caFile: string;
  #child: ChildProcess | undefined;
  #said = "";

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.url = `https://127.0.0.1:${port}`;
    this.secretFile = join(directory, "secret");
    this.caFile = join(directory, "cert.pem");
  }

  /** Only its place, its certificate and its password; `start` comes later. */
  static async prepare(): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), "lqx-prometheus-"));
    const self = new Prometheus(directory, await freePort());
    await writeFile(self.secretFile, "admin:test\n", { mode: 0o600 });
    const files = ["-keyout", join(directory, "key.pem"), "-out", self.caFile];
    const subject = ["-subj", "/CN=prometheus", "-addext", "subjectAltName=IP:127.0.0.1"];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    await run("openssl", ["req", ...kind, ...subject, ...files]);
    // The hash of "test" (https://prometheus.io/docs/guides/basic-auth/).
    const hash = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";
    const web = `tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\nbasic_auth_users:\n  admin: ${hash}\n`;
    await writeFile(join(directory, "web.yml"), web);
    return self;
  }

  /** Puts samples of the past in its place, in OpenMetrics text. */
  async backfill(openMetrics: string): Promise<void> {
    const file = join(this.directory, "past.om");
    await writeFile(file, openMetrics);
    await run("promtool", ["tsdb", "create-blocks-from", "openmetrics", file, join(this.directory, "data")]);
  }

  async start(configuration: string): Promise<void> {
    const file = join(this.directory, "prometheus.yml");
    await writeFile(file, configuration);
    const child = spawn(
      "prometheus",
      [
        `--config.file=${file}`,
        `--web.config.file=${join(this.directory, "web.yml")}`,
        `--web.listen-address=${new URL(this.url).host}`,
        `--storage.tsdb.path=${join(this.directory, "data")}`,
        "--storage.tsdb.retention.time=400d",
        "--log.level=warn",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#child = child;
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
      if (child.exitCode !== null) break;
      if (await this.#answers()) return;
    }
    throw new Error(`Prometheus did not start: ${this.#said}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }

  get said(): string {
    return this.#said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** It listens before it has read what it keeps. */
  async #answers(): Promise<boolean> {
    const who = ["--user", "admin:test", "--cacert", this.caFile];
    return run("curl", ["--silent", "--fail", ...who, `${this.url}/-/ready`]).then(
      () => true,
      () => false,
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
