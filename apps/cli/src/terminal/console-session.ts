import { WebSocket, type RawData } from "ws";
import type { TlsOptions } from "../rpc/tls.ts";
import { webSocketFailure } from "./web-socket-failure.ts";
import type { Terminal } from "./terminal.ts";

/** Ctrl-], as telnet and virsh have it. */
const escapeByte = 0x1d;
/** What is written faster than the network takes it waits in memory up to this; then standard input is paused. */
const sendBufferBytes = 64 * 1024;

export interface ConsoleOptions {
  url: string;
  name: string;
  /** After piped input has ended: how long without output counts as done. */
  lingerMs: number;
  tls: TlsOptions;
}

/**
 * Joins the terminal to a serial console until Ctrl-], until the other side closes, or, where input is a pipe, until
 * nothing came for `lingerMs` after its end.
 */
export async function runConsole(terminal: Terminal, { url, name, lingerMs, tls }: ConsoleOptions): Promise<void> {
  const socket = await connect(url, tls);
  const { input, output, errors } = terminal;
  if (input.isTTY) errors.write(`Serial console of ${name}. Ctrl-] leaves it.\n`);
  using cleanup = new DisposableStack();
  cleanup.use(rawMode(terminal));
  let lingering: NodeJS.Timeout | undefined;
  const linger = () => {
    clearTimeout(lingering);
    lingering = setTimeout(() => socket.close(1000), lingerMs);
  };
  const onMessage = (data: RawData) => {
    if (lingering) linger();
    if (output.write(bytesOf(data))) return;
    socket.pause();
    output.once("drain", () => socket.resume());
  };
  const onInput = (chunk: Buffer) => {
    const at = chunk.indexOf(escapeByte);
    const typed = at < 0 ? chunk : chunk.subarray(0, at);
    if (typed.length > 0) {
      socket.send(typed, () => {
        if (socket.bufferedAmount < sendBufferBytes) input.resume();
      });
    }
    if (at >= 0) socket.close(1000);
    else if (socket.bufferedAmount > sendBufferBytes) input.pause();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("message", onMessage);
      socket.once("close", (code, reason) => {
        const failure = webSocketFailure(code, reason.toString());
        if (failure) reject(failure);
        else resolve();
      });
      socket.once("error", reject);
      // What the guest said while the connection was made is waiting in the socket.
      socket.resume();
      input.on("data", onInput);
      input.once("end", linger);
    });
  } finally {
    clearTimeout(lingering);
    input.off("data", onInput);
    input.off("end", linger);
    input.pause();
    socket.terminate();
    if (input.isTTY) errors.write(`\nLeft the console of ${name}.\n`);
  }
}

async function connect(url: string, tls: TlsOptions): Promise<WebSocket> {
  const socket = new WebSocket(url, { ...tls, perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => {
      socket.pause();
      resolve();
    });
    socket.once("error", (cause) => reject(new Error("open the console", { cause })));
    socket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        reject(webSocketFailure(response.statusCode ?? 0, text) ?? new Error("open the console"));
      });
    });
  });
  return socket;
}

/** Each key goes to the guest as it is pressed, Ctrl-C too; disposing gives the terminal back as it was. */
function rawMode({ input }: Terminal): Disposable {
  if (!input.isTTY || !input.setRawMode) return { [Symbol.dispose]: () => {} };
  input.setRawMode(true);
  return { [Symbol.dispose]: () => void input.setRawMode?.(false) };
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
