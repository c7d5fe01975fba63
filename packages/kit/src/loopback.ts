/** Whether a name or an address is this machine's own, reached by nobody else. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^::ffff:/i, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
