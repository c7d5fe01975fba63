import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LinstorServer } from "../testing/linstor/linstor-server.ts";
import { codeOf, isError, LinstorError, parseAnswer, resultsIn } from "./api-call-rc.ts";
import { LinstorClient, LinstorUnreachable } from "./linstor-client.ts";

describe("ApiCallRc", () => {
  it("keeps all 64 bits of a code", () => {
    // What a real controller said: FAIL_NOT_ENOUGH_NODES, as in golinstor's tests.
    const [result] = resultsIn(
      parseAnswer('[{"ret_code":-4611686018406153244,"message":"Not enough available nodes"}]'),
    );
    expect(result?.ret_code).toBe(-4611686018406153244n);
    expect(result && isError(result)).toBe(true);
    expect(result && codeOf(result)).toBe(996);
  });

  it("tells warnings, notes and successes from errors", () => {
    for (const code of ["-9223372036854772808", "4611686018427397905", "20447233"])
      expect(resultsIn(parseAnswer(`[{"ret_code":${code},"message":"x"}]`)).some(isError), code).toBe(false);
  });

  it("finds the refusal of a clone, which is answered as if it had begun", () => {
    const refusal = '{"ret_code":-4611686018406153739,"message":"There is one already."}';
    const started = parseAnswer(`{"location":"/v1/x","source_name":"a","clone_name":"b","messages":[${refusal}]}`);
    expect(resultsIn(started).filter(isError).map(codeOf)).toEqual([501]);
  });

  it("says all that LINSTOR said", () => {
    const error = new LinstorError(500, [
      { ret_code: -1n, message: "Not so.", cause: "A node\n is away.", correction: "Start it." },
    ]);
    expect(error.message).toBe("Not so. A node is away. Start it.");
  });
});

describe("LinstorClient", () => {
  let server: LinstorServer;

  beforeEach(async () => {
    server = await LinstorServer.start();
  });

  afterEach(() => server[Symbol.asyncDispose]());

  const client = (controllers: readonly string[] = [server.url], token = "") =>
    new LinstorClient({ controllers, token });
  /** The server listens on another address. */
  const nobody = () => server.url.replace("127.0.0.1", "127.0.0.2");
  const definition = { resource_definition: { name: "one", resource_group_name: "vms" } };

  it("asks the next controller where one is away, and stays with the one that answers", async () => {
    const linstor = client([nobody(), server.url]);
    await linstor.change("POST", "/v1/resource-definitions", definition);
    expect(await linstor.get<{ name: string }[]>("/v1/resource-definitions")).toMatchObject([{ name: "one" }]);
    expect(server.calls).toEqual(["POST /v1/resource-definitions", "GET /v1/resource-definitions"]);
  });

  it("does not begin a change twice whose answer was lost", async () => {
    server.fault = (method) => (method === "POST" ? "done-and-lost" : undefined);
    const linstor = client([server.url, server.url]);
    await expect(linstor.change("POST", "/v1/resource-definitions", definition)).rejects.toThrow(LinstorUnreachable);
    expect(server.calls).toEqual(["POST /v1/resource-definitions"]);
  });

  it("looks again elsewhere when an answer was lost", async () => {
    server.fault = () => (server.calls.length === 1 ? "lost" : undefined);
    expect(await client([server.url, server.url]).get("/v1/nodes")).toHaveLength(4);
  });

  it("says which controllers were asked, and why none answered", async () => {
    const asking = client([nobody()]).get("/v1/nodes");
    await expect(asking).rejects.toThrow(/no LINSTOR controller answers: .*ECONNREFUSED/);
  });

  it("sends the token, and says when it is not accepted", async () => {
    server.token = "secret";
    expect(await client([server.url], "secret").get("/v1/nodes")).toHaveLength(4);
    const asking = client([server.url], "another").get("/v1/nodes");
    await expect(asking).rejects.toThrow("does not accept the token");
    await expect(asking).rejects.not.toThrow("another");
  });

  it("takes an error for one, whatever the HTTP status says", async () => {
    server.fault = () => ({ status: 200, results: [{ code: 997, message: "Resource is still in use." }] });
    const error: unknown = await client()
      .change("DELETE", "/v1/resource-definitions/one")
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LinstorError);
    expect((error as LinstorError).has(997)).toBe(true);
  });

  it("finds nothing where nothing is", async () => {
    expect(await client().find("/v1/resource-definitions/one")).toBeUndefined();
    expect(await client().find("/v1/resource-groups/one")).toBeUndefined();
  });
});
