import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { AuthService, fromConnectError, ImageService, Reason, SystemService } from "@limiquantix/api";
import { Health, HealthCheckResponse_ServingStatus, ServerReflection } from "@limiquantix/api/grpc";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startControlPlane, type Program } from "./test-suites/start.ts";

// Starting a process takes seconds on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let program: Program;
let baseUrl: string;

beforeAll(async () => {
  program = await startControlPlane("--dev");
  baseUrl = program.url;
});

afterAll(() => program[Symbol.asyncDispose]());

function transports(): [string, Transport][] {
  return [
    ["Connect JSON, HTTP/1.1", createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false })],
    ["Connect binary, HTTP/1.1", createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect JSON, HTTP/2", createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false })],
    ["Connect binary, HTTP/2", createConnectTransport({ baseUrl, httpVersion: "2" })],
    ["gRPC", createGrpcTransport({ baseUrl })],
    ["gRPC-web, HTTP/1.1", createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
    ["gRPC-web, HTTP/2", createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
  ];
}

test("one port answers every protocol, with the same errors", async () => {
  for (const [name, transport] of transports()) {
    const info = await createClient(SystemService, transport).getSystemInfo({});
    expect(info, name).toMatchObject({ store: "memory", openLoopback: true });
    const failure = await createClient(ImageService, transport)
      .getImage({ id: "018f0000-0000-7000-8000-000000000001" })
      .catch((error: unknown) => fromConnectError(error));
    expect(failure, name).toMatchObject({ reason: Reason.NOT_FOUND, params: { kind: "image" } });
    const invalid = await createClient(ImageService, transport)
      .listImages({ pageSize: 1_000_000 })
      .catch((error: unknown) => fromConnectError(error));
    expect(invalid, name).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "pageSize" }] });
  }
});

test("a stream begins with what there is and tells what changes", async () => {
  const images = createClient(ImageService, createGrpcTransport({ baseUrl }));
  const stop = new AbortController();
  const types: number[] = [];
  try {
    for await (const update of images.watchImages({}, { signal: stop.signal })) {
      types.push(update.type);
      if (types.length === 1) await images.createImage({ name: "watched" });
      else break;
    }
  } finally {
    stop.abort();
  }
  expect(types).toEqual([4, 1]);
});

test("a watcher hears that the control plane is stopped, and what is only kept alive does not hold it up", async () => {
  await using stopped = await startControlPlane("--dev");
  const kept = await fetch(`${stopped.url}/health`);
  expect(kept.status).toBe(200);
  const images = createClient(ImageService, createGrpcTransport({ baseUrl: stopped.url }));
  const watch = images.watchImages({})[Symbol.asyncIterator]();
  await watch.next();
  const end = watch.next().catch((error: unknown) => fromConnectError(error));
  const began = performance.now();
  expect(await stopped.stop()).toEqual({ code: 0, signal: null });
  // The daemon gives up waiting after 15 s.
  expect(performance.now() - began).toBeLessThan(12_000);
  expect(await end).toMatchObject({ reason: Reason.UNAVAILABLE });
});

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${baseUrl}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

test("plain JSON by curl's means", async () => {
  const { status, headers, body } = await post("limiquantix.storage.v1.ImageService/GetImageCatalog", "{}");
  expect(status).toBe(200);
  expect((body["entries"] as unknown[]).length).toBeGreaterThan(5);
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("an unknown field, a wrong type and a body that is no JSON are told by name", async () => {
  const method = "limiquantix.storage.v1.ImageService/CreateImage";
  const cases: [string, string][] = [
    ['{"name":"a","colour":"red"}', "colour: limiquantix.storage.v1.CreateImageRequest has no such field"],
    ['{"name":"a","spec":{"size":1}}', "size: limiquantix.storage.v1.ImageSpec has no such field"],
    ['{"dryRun":"yes"}', "dryRun: expected boolean"],
    ["{", "JSON"],
  ];
  for (const [body, message] of cases) {
    const answer = await post(method, body);
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain(message);
    expect(answer.body["details"]).toMatchObject([{ type: "limiquantix.ops.v1.ErrorDetail" }]);
  }
});

test("with --dev a request that names another host, another origin or a proxy is not trusted", async () => {
  const method = "limiquantix.ops.v1.SystemService/GetSystemInfo";
  expect((await post(method, "{}")).status).toBe(200);
  for (const headers of [{ origin: "https://evil.example" }, { "x-forwarded-for": "203.0.113.7" }]) {
    expect((await post(method, "{}", headers as never)).status).toBe(401);
  }
});

test("health, readiness, metrics and the OpenAPI description are there", async () => {
  const get = (path: string) => fetch(`${baseUrl}${path}`);
  expect(await (await get("/health")).json()).toMatchObject({ status: "ok" });
  expect(await (await get("/ready")).json()).toEqual({ ready: true, hostsReady: 0 });
  const metrics = await (await get("/metrics")).text();
  expect(metrics).toContain("limiquantix_rpc_duration_seconds_count");
  expect(metrics).toContain("process_resident_memory_bytes");
  expect(await (await get("/openapi.json")).json()).toMatchObject({ openapi: "3.1.0" });
  expect((await get("/nothing")).status).toBe(404);
  expect((await fetch(`${baseUrl}/health`, { method: "POST" })).status).toBe(405);
});

async function* questions() {
  yield { messageRequest: { case: "listServices" as const, value: "" } };
  yield { messageRequest: { case: "fileContainingSymbol" as const, value: "limiquantix.compute.v1.VMService" } };
  yield { messageRequest: { case: "fileContainingSymbol" as const, value: "no.such.Service" } };
}

test("gRPC's health check and reflection", async () => {
  const transport = createGrpcTransport({ baseUrl });
  const { status } = await createClient(Health, transport).check({ service: AuthService.typeName });
  expect(status).toBe(HealthCheckResponse_ServingStatus.SERVING);
  const answers: string[] = [];
  for await (const { messageResponse } of createClient(ServerReflection, transport).serverReflectionInfo(questions())) {
    if (messageResponse.case === "listServicesResponse") {
      answers.push(...messageResponse.value.service.map(({ name }) => name));
    } else if (messageResponse.case === "fileDescriptorResponse") {
      const [file] = messageResponse.value.fileDescriptorProto;
      answers.push(fromBinary(FileDescriptorProtoSchema, file ?? new Uint8Array()).name);
    } else answers.push(messageResponse.case ?? "");
  }
  expect(answers).toContain("limiquantix.compute.v1.NodeService");
  expect(answers.slice(-2)).toEqual(["limiquantix/compute/v1/vm_service.proto", "errorResponse"]);
});

test("a console's WebSocket needs a ticket", async () => {
  const response = await fetch(`${baseUrl}/console/${"x".repeat(43)}`);
  expect(response.status).toBe(404);
  const ws = new WebSocket(`${baseUrl.replace("http", "ws")}/console/${"x".repeat(43)}`);
  const event = await new Promise<string>((resolve) => {
    ws.addEventListener("open", () => resolve("open"));
    ws.addEventListener("error", () => resolve("refused"));
  });
  expect(event).toBe("refused");
});
