import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { publicServices } from "@limiquantix/api";
import { expect, test, vi } from "vitest";
import { startControlPlane } from "./test-suites/start.ts";

vi.setConfig({ testTimeout: 300_000 });

/** Fields that hold a secret, in requests of whatever RPC. */
const secretFields =
  /^(password|old_?password|new_?password|client_?secret|bind_?password|join_?token|token|secret|code|user_?data|network_?config|csr_?pem|password_?hash|login_?id|assertion|credential|recovery_?code|public_key)$/i;
const canary = "CANARY";
let made = 0;
const next = () => `${canary}-${++made}-aA1!`;

/** A request with a canary in each of its secrets, and something plain elsewhere; `wrong`: of the wrong type. */
function request(schema: DescMessage, depth = 0): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  const oneofs = new Set<string>();
  for (const field of schema.fields) {
    if (field.oneof && oneofs.has(field.oneof.name)) continue;
    const value = valueOf(field, depth);
    if (value === undefined) continue;
    if (field.oneof) oneofs.add(field.oneof.name);
    message[field.jsonName] = value;
  }
  return message;
}

function valueOf(field: DescField, depth: number): unknown {
  const isSecret = secretFields.test(field.name);
  if (field.fieldKind === "scalar" && typeof field.getDefaultValue() !== "number" && isSecret) return next();
  if (field.fieldKind === "message" && depth < 4 && !field.message.typeName.startsWith("google.")) {
    return request(field.message, depth + 1);
  }
  if (field.fieldKind === "scalar" && /(^|_)url$/.test(field.name)) return `http://ann:${next()}@127.0.0.1:1/x.qcow2`;
  if (field.fieldKind === "scalar" && /^(name|username|display_name|hostname)$/.test(field.name)) return `n${++made}`;
  return undefined;
}

test("no secret that a caller sends is in the log, the metrics, the history, or in clear in the database", async () => {
  const data = await mkdtemp(join(tmpdir(), "lqx-canaries-"));
  try {
    await using program = await startControlPlane("--dev", "--data", data, "--log-level", "debug");
    const call = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(`${program.url}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      // The beginning of a stream is enough.
      const text = response.headers.get("content-type")?.includes("connect+") ? "" : await response.text();
      return { status: response.status, text };
    };
    const forwarded = { "x-forwarded-for": "192.0.2.7" };
    for (const service of publicServices) {
      for (const method of service.methods) {
        const path = `${service.typeName}/${method.name}`;
        if (method.methodKind !== "unary") continue;
        const whole = request(method.input);
        await call(path, whole);
        await call(path, whole, forwarded);
        await call(path, whole, { authorization: `Bearer ${next()}`, cookie: `session=${next()}` });
        await call(path, whole, { authorization: `Basic ${next()}`, "x-request-id": "a request of ours" });
        // Only what holds a secret, so that more of it passes: and what does not decode or is cut short.
        await call(path, { ...whole, unknownField: next() });
        await call(path, JSON.stringify(whole).slice(0, -2));
        for (const name of Object.keys(whole)) await call(path, { [name]: whole[name] });
      }
    }
    await call("limiquantix.identity.v1.UserService/CreateUser", { name: "carol", password: `${next()} long enough` });
    await call("limiquantix.identity.v1.AuthService/Login", { username: "carol", password: next() }, forwarded);
    await call("limiquantix.identity.v1.IdentityProviderService/CreateIdentityProvider", {
      provider: { name: "idp", oidc: { issuer: "https://127.0.0.1:1", clientId: "c", clientSecret: next() } },
    });
    await call("limiquantix.compute.v1.VMService/CreateVM", {
      name: "vm-1",
      spec: {
        provisioning: { cloudInit: { username: "ann", password: next(), userData: `#cloud-config\n# ${next()}` } },
      },
    });
    await fetch(`${program.url}/console/${next()}`);
    await fetch(`${program.url}/health?token=${next()}`, { headers: { authorization: `Bearer ${next()}` } });

    const metrics = await (await fetch(`${program.url}/metrics`)).text();
    expect(metrics).toContain("limiquantix_rpc_duration_seconds");
    const history = await Promise.all(
      ["TaskService/ListTasks", "EventService/ListEvents", "AuditService/ListAudit"].map(async (name) => {
        const { status, text } = await call(`limiquantix.ops.v1.${name}`, { pageSize: 1000 });
        expect(status, `${name}: ${text}`).toBe(200);
        return [name, text] as const;
      }),
    );
    expect(await program.stop()).toEqual({ code: 0, signal: null });

    expect(program.output()).toContain('"level"');
    const places: (readonly [string, string])[] = [["the log", program.output()], ["/metrics", metrics], ...history];
    for (const name of await readdir(data)) places.push([name, await readFile(join(data, name), "latin1")]);
    expect(places.map(([name]) => name)).toContain("state.db");
    const leaks = places.flatMap(([name, text]) =>
      [...text.matchAll(/.{0,160}CANARY-\d+.{0,40}/gs)]
        .slice(0, 3)
        .map(([found]) => `${name}: ${JSON.stringify(found)}`),
    );
    expect(leaks).toEqual([]);
  } finally {
    await rm(data, { recursive: true });
  }
});
