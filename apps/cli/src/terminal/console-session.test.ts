import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { isProblem, Reason } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { runConsole } from "./console-session.ts";
import { createTerminal } from "./terminal.ts";

let server: Server;
let url: string;
let onConnection: (socket: WebSocket) => void;

beforeEach(async () => {
  server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, stream, head) => {
    if (request.url === "/console/used") stream.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    else sockets.handleUpgrade(request, stream, head, (socket) => onConnection(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/console/`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
});

function open(path = "ticket", lingerMs = 10_000) {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const terminal = createTerminal(streams, false);
  const done = runConsole(terminal, { url: url + path, name: "web", lingerMs, tls: {} });
  return { ...streams, done };
}

test("what the guest says comes out from the first byte, what is typed goes in, Ctrl-] leaves", async () => {
  const received: Buffer[] = [];
  const closed = new Promise<number>((resolve) => {
    onConnection = (socket) => {
      // At once, before the client has had a chance to listen.
      socket.send(Buffer.from("login: "));
      socket.on("message", (data: Buffer) => {
        received.push(data);
        if (Buffer.concat(received).toString() === "root\n") socket.send(Buffer.from("# "));
      });
      socket.once("close", resolve);
    };
  });
  const { input, output, done } = open();
  let text = "";
  output.setEncoding("utf8");
  const prompt = new Promise<void>((resolve) => {
    output.on("data", (chunk: string) => {
      text += chunk;
      if (text === "login: ") input.write("root\n");
      if (text.endsWith("# ")) resolve();
    });
  });
  await prompt;
  input.write("exit\u001dnever sent");
  await done;
  expect(await closed).toBe(1000);
  expect(Buffer.concat(received).toString()).toBe("root\nexit");
});

test("the end of piped input leaves when the guest has nothing more to say", async () => {
  onConnection = (socket) => socket.on("message", (data: Buffer) => socket.send(data));
  const { input, output, done } = open("ticket", 50);
  input.end("echo\n");
  await done;
  expect(String(output.read())).toBe("echo\n");
});

test("a ticket that is used, and a guest that goes away, have their reasons", async () => {
  await expect(open("used").done).rejects.toSatisfy((error) => isProblem(error, Reason.CONSOLE_TICKET_INVALID));
  onConnection = (socket) => socket.close(1011, "VM web stopped");
  await expect(open().done).rejects.toThrow("VM web stopped");
  onConnection = (socket) => socket.close(1000);
  await open().done;
});
