import { Worker } from "node:worker_threads";
import type { Failure, Reply, Request, WriterCalls } from "./messages.ts";

type Result<M extends keyof WriterCalls> = ReturnType<WriterCalls[M]>;

/** Calls to the thread that has the database file. They are carried out in the order given. */
export class WriterThread {
  readonly #worker: Worker;
  readonly #calls = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #lastCall = 0;
  #ended: Error | undefined;
  onEnd: () => void = () => {};

  constructor(module: URL) {
    this.#worker = new Worker(module, { name: "store-writer" });
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#end(new Error("the store's writer failed", { cause })));
    this.#worker.on("exit", () => this.#end(new Error("the store's writer ended")));
  }

  /** Why no more calls are answered. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  call<M extends keyof WriterCalls>(method: M, ...args: Parameters<WriterCalls[M]>): Promise<Result<M>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const call = ++this.#lastCall;
    const request: Request = { call, method, args };
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#worker.postMessage(request, []);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#calls.get(reply.call);
    this.#calls.delete(reply.call);
    if ("failure" in reply) waiting?.reject(new WriterError(reply.failure));
    else waiting?.resolve(reply.result as never);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#calls.values()) reject(this.#ended);
    this.#calls.clear();
    this.onEnd();
  }
}

export class WriterError extends Error {
  readonly type: Failure["type"];

  constructor({ type, message }: Failure) {
    super(message);
    this.name = "WriterError";
    this.type = type;
  }
}
