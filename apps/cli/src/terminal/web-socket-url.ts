/** The console's path, with its ticket, at the address that we know the server by: a proxy may stand between. */
export function webSocketUrl(server: string, path: string): string {
  const url = new URL(path, `${server}/`);
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.toString();
}
