import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ScriptedServer } from "../../test/scripted-server.ts";
import { Libvirt } from "../libvirt.ts";

/** TLS as libvirtd speaks it, with certificates that openssl makes: hence a host test. */
let directory: string;
const read = (name: string) => readFileSync(join(directory, name));
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });

function authority(name: string): void {
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, ...files(name));
}

function files(name: string): string[] {
  return ["-keyout", `${name}.key`, "-out", `${name}.pem`];
}

function certificate(name: string): void {
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", "request");
  writeFileSync(join(directory, "extensions"), "subjectAltName=IP:127.0.0.1,DNS:host-1");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"];
  openssl("x509", "-req", "-in", "request", ...signed, "-out", `${name}.pem`);
}

function identity(name: string) {
  return { ca: read("ca.pem"), cert: read(`${name}.pem`), key: read(`${name}.key`) };
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "libvirt-tls-"));
  authority("ca");
  authority("stranger");
  certificate("server");
  certificate("client");
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A TLS server that, like libvirtd, sends `verdict` once it has looked at the client's certificate. */
async function listen(verdict: number, onClient: (server: ScriptedServer) => void = () => {}) {
  const server = tls.createServer({ ...identity("server"), requestCert: true }, (socket) => {
    socket.on("error", () => {});
    socket.write(Uint8Array.of(verdict));
    onClient(new ScriptedServer(socket));
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

test("after the server's yes the protocol begins", async () => {
  const { server, port } = await listen(1, (peer) => void peer.greet());
  const address = { host: "127.0.0.1", port, tls: identity("client") };
  (await Libvirt.connect({ address })).close();
  (await Libvirt.connect({ address: { ...address, tls: { ...address.tls, servername: "host-1" } } })).close();
  server.close();
});

test("a server that says no, and one that refuses the certificate", async () => {
  const { server, port } = await listen(0);
  const address = { host: "127.0.0.1", port, tls: identity("client") };
  await expect(Libvirt.connect({ address })).rejects.toMatchObject({
    message: `connect to libvirtd at tls://127.0.0.1:${port}`,
    cause: { message: "libvirtd refused the client certificate" },
  });
  const tlsOptions = { ...identity("stranger"), ca: read("ca.pem") };
  await expect(Libvirt.connect({ address: { ...address, tls: tlsOptions } })).rejects.toThrow("connect to libvirtd");
  server.close();
});

test("a server whose name or authority is wrong", async () => {
  const { server, port } = await listen(1);
  const address = { host: "127.0.0.1", port };
  const wrongName = { ...identity("client"), servername: "elsewhere" };
  await expect(Libvirt.connect({ address: { ...address, tls: wrongName } })).rejects.toMatchObject({
    cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
  });
  const wrongAuthority = { ...identity("client"), ca: read("stranger.pem") };
  await expect(Libvirt.connect({ address: { ...address, tls: wrongAuthority } })).rejects.toThrow(
    "connect to libvirtd",
  );
  server.close();
});

test("giving up while connecting", async () => {
  const { server, port } = await listen(1);
  const tlsOptions = identity("client");
  const signal = AbortSignal.timeout(50);
  const connecting = Libvirt.connect({ address: { host: "127.0.0.1", port, tls: tlsOptions } }, { signal });
  await expect(connecting).rejects.toMatchObject({ name: "TimeoutError" });
  server.close();
});
