import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** The way between a browser and the control plane, which a test can cut and mend. */
export interface Cable extends AsyncDisposable {
  url: string;
  /** All connections end at once, and no new one is made. */
  cut(): void;
  /** Nothing arrives any more and nobody is told, as when a laptop changes networks: connections stay, new ones open. */
  freeze(): void;
  /** What was frozen never arrives: those connections are dead. */
  mend(): void;
}

export async function layCable(to: string): Promise<Cable> {
  const { port } = new URL(to);
  const sockets = new Set<Socket>();
  let state: "whole" | "cut" | "frozen" = "whole";
  const server = createServer((near) => {
    near.on("error", () => {});
    if (state === "cut") return void near.destroy();
    sockets.add(near);
    if (state === "frozen") return void near.pause();
    const far = connect(Number(port), "127.0.0.1");
    sockets.add(far);
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        // A frozen cable tells nobody.
        if (state !== "frozen") other.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => ((state = "cut"), end()),
    freeze() {
      state = "frozen";
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend: () => void (state = "whole"),
    async [Symbol.asyncDispose]() {
      end();
      server.close();
      await once(server, "close");
    },
  };
}
