import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuditRecord_Outcome, AuditRecordSchema, type AuditRecord } from "@limiquantix/api";
import { exportLine } from "@limiquantix/control";
import { expect, test } from "vitest";
import { parseSyslogTarget, syslogSink, type SyslogTarget } from "./audit-syslog.ts";
import { syslogMessage } from "./syslog-message.ts";

const signal = new AbortController().signal;

function record(n: number, after = '"1"'): AuditRecord {
  return create(AuditRecordSchema, {
    id: String(n).padStart(20, "0"),
    at: timestampFromMs(1_700_000_000_123),
    actorName: 'a"d]a\\',
    method: "VMService.StartVM",
    outcome: AuditRecord_Outcome.DENIED,
    hash: createHash("sha256").update(String(n)).digest("hex"),
    changes: [{ field: "spec.cpu.cores", before: '"1"', after }],
  });
}

/** A receiver of length-framed messages, which keeps what it got. */
async function receiver(server: Server, { port = 0, event = "connection" } = {}) {
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  server.on("error", () => {});
  server.on("tlsClientError", () => {});
  server.on(event, (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let buffer = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      buffer = Buffer.concat([buffer, data]);
      for (let space = buffer.indexOf(" "); space > 0; space = buffer.indexOf(" ")) {
        const end = space + 1 + Number(buffer.toString("latin1", 0, space));
        if (buffer.length < end) break;
        messages.push(buffer.toString("utf8", space + 1, end));
        buffer = buffer.subarray(end);
      }
      for (const wake of waiting.splice(0)) wake();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    messages,
    port: (server.address() as AddressInfo).port,
    async got(count: number) {
      while (messages.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return messages;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** For 127.0.0.1, signed by itself. */
async function ownCertificate() {
  const directory = await mkdtemp(join(tmpdir(), "lqx-syslog-"));
  const [keyFile, caFile] = [join(directory, "key.pem"), join(directory, "ca.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const subject = ["-subj", "/CN=logs", "-addext", "subjectAltName=IP:127.0.0.1"];
  await promisify(execFile)("openssl", [...request, ...subject, "-keyout", keyFile, "-out", caFile]);
  return { cert: await readFile(caFile), key: await readFile(keyFile), caFile };
}

const target = (protocol: SyslogTarget["protocol"], port: number, caFile?: string): SyslogTarget => ({
  protocol,
  host: "127.0.0.1",
  port,
  caFile,
});

test("a message has the header, the structured data and the line of RFC 5424's form", () => {
  const text = syslogMessage(record(7), { hostname: "cp 1", maxBytes: 8192 }).toString();
  expect(text).toBe(
    `<108>1 2023-11-14T22:13:20.123Z cp_1 limiquantix-controlplane - VMService.StartVM ` +
      `[limiquantix@32473 id="${"7".padStart(20, "0")}" hash="${record(7).hash}" actor="a\\"d\\]a\\\\" outcome="DENIED"] ` +
      `\uFEFF${exportLine(record(7))}`,
  );
  const cut = syslogMessage(record(7, "x".repeat(9000)), { hostname: "cp", maxBytes: 8192 }).toString();
  expect(cut).toContain('"changesCut":true');
  expect(cut).toContain(record(7).hash);
});

test("a target is udp, tcp or tls", () => {
  expect(parseSyslogTarget("udp://logs")).toMatchObject({ protocol: "udp", host: "logs", port: 514 });
  expect(parseSyslogTarget("tcp://[::1]:1514")).toMatchObject({ protocol: "tcp", host: "::1", port: 1514 });
  expect(parseSyslogTarget("tls://logs?ca=/etc/ca.pem")).toMatchObject({ port: 6514, caFile: "/etc/ca.pem" });
  for (const wrong of ["", "logs:514", "http://logs", "udp://", "tcp://logs/path", "tcp://me@logs"]) {
    expect(parseSyslogTarget(wrong), wrong).toBeUndefined();
  }
});

test("over UDP each record is a datagram", async () => {
  const server = createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  await using sink = syslogSink(target("udp", server.address().port));
  const heard = once(server, "message");
  await sink.write(record(1), signal);
  const [message] = (await heard) as [Buffer];
  expect(message.toString()).toContain(exportLine(record(1)));
  server.close();
});

test("over TCP a receiver that was away gets what it missed when it is back", async () => {
  const first = await receiver(createServer());
  await using sink = syslogSink(target("tcp", first.port));
  await sink.write(record(1), signal);
  await sink.write(record(2, "x".repeat(9000)), signal);
  expect((await first.got(2))[1]).toContain(exportLine(record(2, "x".repeat(9000))));
  await first.close();
  // What the broken connection swallows is not lost; what it refuses is tried again, as the exporter does.
  const swallowed = await sink.write(record(3), signal).then(
    () => true,
    () => false,
  );
  const second = await receiver(createServer(), { port: first.port });
  let last = swallowed ? 3 : 2;
  for (const deadline = Date.now() + 10_000; second.messages.length === 0 && Date.now() < deadline;) {
    // The receiver, in this same process, gets its turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (
      await sink.write(record(last + 1), signal).then(
        () => true,
        () => false,
      )
    )
      last++;
  }
  const ids = Array.from({ length: last }, (_, i) => record(i + 1).hash);
  await second.got(last);
  for (const hash of ids) expect(second.messages.some((message) => message.includes(hash))).toBe(true);
  await second.close();
});

test("over TLS the receiver proves who it is", async () => {
  const { cert, key, caFile } = await ownCertificate();
  const server = await receiver(createTlsServer({ cert, key }), { event: "secureConnection" });
  await using trusting = syslogSink(target("tls", server.port, caFile));
  await trusting.write(record(1), signal);
  expect((await server.got(1))[0]).toContain(record(1).hash);
  await using doubting = syslogSink(target("tls", server.port));
  await expect(doubting.write(record(2), signal)).rejects.toThrow("send to syslog at 127.0.0.1");
  expect(server.messages).toHaveLength(1);
  await server.close();
});
