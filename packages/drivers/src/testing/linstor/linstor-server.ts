import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, MASK_ERROR, rc } from "./answers.ts";
import { SimCluster, type SimNode } from "./cluster.ts";
import { RestApi } from "./rest-api.ts";

/** What goes wrong with a call: its answer is lost, before or after it was done, or the controller says this. */
export type Fault = "lost" | "done-and-lost" | { status: number; results: { code: number; message: string }[] };

/**
 * A server of LINSTOR's published REST API, as far as the driver calls it: the same paths, fields and answers, placement
 * and deletion that go on after the answer, tie breakers, DRBD's one primary. Compared by hand with rest_v1_openapi.yaml
 * 1.27 and what the controller's sources (LINBIT/linstor-server) do with these calls; never with a real controller.
 */
export class LinstorServer {
  readonly cluster: SimCluster;
  readonly #api: RestApi;
  /** Asked of every call. */
  fault: (method: string, path: string) => Fault | undefined = () => undefined;
  /** Empty: everybody may. */
  token = "";
  readonly calls: string[] = [];
  readonly #server = createServer((request, response) => {
    const call = this.#serve(request, response).finally(() => this.#open.delete(call));
    this.#open.add(call);
  });
  /** Calls that are being carried out, whether their callers live or not. */
  readonly #open = new Set<Promise<void>>();

  private constructor(cluster: SimCluster) {
    this.cluster = cluster;
    this.#api = new RestApi(cluster);
  }

  static async start(options: { kind?: "LVM_THIN" | "LVM"; totalMib?: number } = {}): Promise<LinstorServer> {
    const { kind = "LVM_THIN", totalMib = 2048 } = options;
    const pools = [{ name: "vms", kind, totalKib: totalMib * 1024 }];
    const nodes: SimNode[] = ["alpha", "bravo", "charlie", "delta"].map((name) => ({
      name,
      isOnline: true,
      pools: name === "alpha" || name === "bravo" ? pools : [],
    }));
    const cluster = new SimCluster(await mkdtemp(join(tmpdir(), "lqx-linstor-")), nodes);
    cluster.groups.set("vms", { place_count: 2, storage_pool_list: ["vms"] });
    const server = new LinstorServer(cluster);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What was asked for is done, also what goes on after answers. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
    await this.#api.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.idle();
    await rm(this.cluster.directory, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const { pathname, searchParams } = new URL(url, "http://server");
    this.calls.push(`${method} ${pathname}`);
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const fault = this.fault(method, pathname);
    if (fault === "lost") return void request.socket.destroy();
    let answer: Answer;
    if (this.token && request.headers.authorization !== `Bearer ${this.token}`)
      answer = { status: 401, body: `[${rc(MASK_ERROR | 10000n, "Login required")}]` };
    else if (typeof fault === "object")
      answer = {
        status: fault.status,
        body: `[${fault.results.map(({ code, message }) => rc(MASK_ERROR | BigInt(code), message)).join()}]`,
      };
    else answer = await this.#api.answer(method, pathname, text, searchParams);
    if (fault === "done-and-lost") return void request.socket.destroy();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.body);
  }
}
