import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";

/**
 * Runs one program a connection. A line of JSON says which; then the connection is its standard input. With `pipe` it is
 * its output too, and whoever closes it kills the program; else the answer is a line of JSON when the program ended.
 */
interface Order {
  args: [string, ...string[]];
  pipe: boolean;
  inputBytes: number;
}

const PORT = 7000;

createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  let head = Buffer.alloc(0);
  const onData = (part: Buffer) => {
    head = Buffer.concat([head, part]);
    const end = head.indexOf("\n");
    if (end < 0) return;
    socket.off("data", onData);
    socket.pause();
    const order = JSON.parse(head.subarray(0, end).toString()) as Order;
    const [file, ...args] = order.args;
    const child = spawn(file, args, { detached: true, stdio: ["pipe", "pipe", order.pipe ? "inherit" : "pipe"] });
    child.stdin?.on("error", () => {});
    socket.on("close", () => killGroup(child));
    const rest = head.subarray(end + 1);
    if (order.pipe) pipe(socket, child, rest);
    else answer(socket, child, order.inputBytes, rest);
  };
  socket.on("data", onData);
}).listen(PORT, () => console.log("storage-vm: the agent listens"));

function pipe(socket: Socket, child: ChildProcess, rest: Buffer): void {
  child.on("error", () => socket.destroy());
  child.on("exit", () => socket.destroySoon());
  if (rest.length > 0) child.stdin?.write(rest);
  socket.pipe(child.stdin!);
  child.stdout?.pipe(socket);
}

function answer(socket: Socket, child: ChildProcess, inputBytes: number, rest: Buffer): void {
  const said: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  for (const name of ["stdout", "stderr"] as const) child[name]?.on("data", (part: Buffer) => said[name].push(part));
  const reply = (code: number | string) => {
    const [stdout, stderr] = [said.stdout, said.stderr].map((parts) => Buffer.concat(parts).toString("base64"));
    socket.end(`${JSON.stringify({ code, stdout, stderr })}\n`);
  };
  child.on("error", (error) => reply(error.message));
  child.on("close", (code, signal) => reply(code ?? signal ?? -1));
  let left = inputBytes;
  const take = (part: Buffer) => {
    left -= part.length;
    child.stdin?.write(part);
    if (left <= 0) child.stdin?.end();
  };
  take(rest);
  socket.on("data", take);
  socket.resume();
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
