import type { Clock } from "@limiquantix/kit";
import { isIPv6 } from "node:net";
import { RpcError } from "./errors.ts";
import { RpcConnection } from "./rpc-connection.ts";

const RPCBIND_PORT = 111;
const RPCBIND = 100_000;
const GET = 3;
const TCP = 6;

export interface Program {
  name: string;
  program: number;
  version: number;
}

/** At which port a server has a program, as its rpcbind says: version 2 knows IPv4 alone (RFC 1833). */
export async function portOf(
  { host, clock, timeoutMs }: { host: string; clock: Clock; timeoutMs: number },
  { name, program, version }: Program,
): Promise<number> {
  using rpcbind = await RpcConnection.open({ host, port: RPCBIND_PORT, clock, timeoutMs });
  const port = isIPv6(host) ? await byAddress(rpcbind, program, version) : await byNumber(rpcbind, program, version);
  if (port === 0) throw new RpcError(`${host} has no ${name} version ${version} over TCP`, "ECONNREFUSED");
  return port;
}

async function byNumber(rpcbind: RpcConnection, program: number, version: number): Promise<number> {
  const answer = await rpcbind.call({ program: RPCBIND, version: 2, procedure: GET }, (w) => {
    for (const word of [program, version, TCP, 0]) w.uint(word);
  });
  return answer.uint();
}

async function byAddress(rpcbind: RpcConnection, program: number, version: number): Promise<number> {
  const answer = await rpcbind.call({ program: RPCBIND, version: 3, procedure: GET }, (w) => {
    w.uint(program);
    w.uint(version);
    for (const text of ["tcp6", "", ""]) w.string(text, 255);
  });
  return portOfAddress(answer.string(255));
}

/** A universal address: the port's two bytes are its last two parts (RFC 5665, 5.2.3). 0: none. */
export function portOfAddress(address: string): number {
  const [high = 0, low = 0] = address.split(".").slice(-2).map(Number);
  return address === "" ? 0 : high * 256 + low;
}
