import { parentPort } from "node:worker_threads";
import { Engine } from "./engine.ts";
import { failureOf } from "./failure.ts";
import type { FileOptions, Reply, Request } from "./messages.ts";

/** The thread that owns the database file: it answers one call after the other. */
const port = parentPort;
if (!port) throw new Error("this module runs in a worker thread");

let engine: Engine | undefined;

port.on("message", (request: Request) => {
  let reply: Reply;
  try {
    reply = { call: request.call, result: answer(request) };
  } catch (error) {
    reply = { call: request.call, failure: failureOf(error) };
  }
  port.postMessage(reply);
});

function answer({ method, args }: Request): unknown {
  if (method === "open") {
    engine = new Engine(args[0] as FileOptions);
    return engine.revision;
  }
  if (!engine) throw new Error(`${method} before open`);
  const call = engine[method] as (...args: readonly unknown[]) => unknown;
  return call.apply(engine, [...args]);
}
