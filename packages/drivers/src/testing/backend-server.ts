import { createServer } from "node:net";
import { serveBackend } from "../remote-backend/serve-backend.ts";

/** Serves backends to whoever connects, all in one process: `backend-server.ts PORT`. To start one for each case takes long under emulation. */
createServer((socket) => {
  socket.on("error", () => {});
  serveBackend({ input: socket, output: socket }).catch((error: unknown) => console.error(error));
}).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
