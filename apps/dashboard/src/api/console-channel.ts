/** What a console speaks through: a WebSocket, or what stands in for one in the demo. noVNC wants these members. */
export interface ConsoleChannel {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  onerror: ((event: Event) => unknown) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Opens a console's path, which has its ticket in it. */
export type DialConsole = (path: string) => ConsoleChannel;

/** At the server that sent this page. */
export const dialServer: DialConsole = (path) => {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, "binary");
  socket.binaryType = "arraybuffer";
  return socket as ConsoleChannel;
};
