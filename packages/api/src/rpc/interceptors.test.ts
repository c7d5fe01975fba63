import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { silentLog, type Log } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { fromConnectError, toConnectError } from "../errors/connect.ts";
import { problem } from "../errors/problem.ts";
import { Reason } from "../gen/limiquantix/ops/v1/error_pb.js";
import { TaskSchema } from "../gen/limiquantix/ops/v1/task_pb.js";
import { TaskService } from "../gen/limiquantix/ops/v1/task_service_pb.js";
import { decodeFault } from "./decode-errors.ts";
import { errorInterceptor } from "./error-interceptor.ts";
import { requestIdInterceptor } from "./request-id.ts";
import { validationInterceptor } from "./validation-interceptor.ts";

const id = "018f0000-0000-7000-8000-000000000001";

function serve(implementation: Partial<ServiceImpl<typeof TaskService>>) {
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, error: (_, fields) => logged.push(fields) };
  const transport = createRouterTransport((router) => router.service(TaskService, implementation), {
    router: { interceptors: [requestIdInterceptor, errorInterceptor({ log }), validationInterceptor] },
  });
  return { client: createClient(TaskService, transport), logged };
}

const failure = (call: Promise<unknown>) => call.then(() => undefined, fromConnectError);

test("a problem goes over the wire with its reason; its cause does not", async () => {
  const { client, logged } = serve({
    getTask: () => {
      throw problem(Reason.NOT_FOUND, { kind: "task", id }, { cause: new Error("secret path") });
    },
  });
  const error = await client.getTask({ id }).catch((cause: unknown) => cause as ConnectError);
  expect(error).toMatchObject({ code: Code.NotFound, rawMessage: `there is no task ${id}` });
  expect(JSON.stringify(error)).not.toContain("secret path");
  expect(logged).toEqual([]);
});

test("anything else is an internal error with the request's id, and its cause is in the log", async () => {
  const { client, logged } = serve({
    getTask: () => {
      throw new Error("secret path");
    },
  });
  const headers = { "x-request-id": "my-own-request" };
  const error = await failure(client.getTask({ id }, { headers }));
  expect(error).toMatchObject({ reason: Reason.INTERNAL, message: "internal error (request my-own-request)" });
  expect(logged).toMatchObject([{ requestId: "my-own-request", err: new Error("secret path") }]);
});

test("an error in the middle of a stream is translated too", async () => {
  const { client } = serve({
    async *watchTasks() {
      yield {};
      throw problem(Reason.RATE_LIMITED, { why: "test", seconds: "1" });
    },
  });
  const seen: unknown[] = [];
  const error = await failure(
    (async () => {
      for await (const update of client.watchTasks({})) seen.push(update);
    })(),
  );
  expect(seen).toHaveLength(1);
  expect(error?.reason).toBe(Reason.RATE_LIMITED);
});

test("what a host answered keeps its reason", async () => {
  const { client } = serve({
    getTask: () => {
      throw toConnectError(problem(Reason.POOL_FULL, { pool: "local", needed: "2 GiB", available: "1 GiB" }), "host");
    },
  });
  expect(await failure(client.getTask({ id }))).toMatchObject({ reason: Reason.POOL_FULL, params: { pool: "local" } });
});

test("requests are held against their rules before the handler sees them", async () => {
  const { client } = serve({ getTask: () => create(TaskSchema, { id }) });
  expect((await client.getTask({ id })).id).toBe(id);
  expect(await failure(client.getTask({ id: "../x" }))).toMatchObject({
    reason: Reason.INVALID_REQUEST,
    fields: [{ field: "id" }],
  });
});

test.each([
  [
    'cannot decode message a.B from JSON: key "colour" is unknown',
    { field: "colour", message: "a.B has no such field" },
  ],
  ["cannot decode field a.B.page_size from JSON: expected number", { field: "pageSize", message: "expected number" }],
  ["[invalid_argument] Unexpected end of JSON input", { field: "", message: "Unexpected end of JSON input" }],
])("%s", (message, expected) => expect(decodeFault(message)).toEqual(expected));
