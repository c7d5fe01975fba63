import { serveBackend } from "./serve-backend.ts";

// A thread that hangs in the kernel would keep a process from ending in any other way.
await serveBackend({ input: process.stdin, output: process.stdout }).finally(() =>
  process.kill(process.pid, "SIGKILL"),
);
