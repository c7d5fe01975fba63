import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { tlsOptions } from "../rpc/tls.ts";

/** What a browser does with the address that an OpenID provider sent it to: asks for it, and answers where it goes on. */
export async function followCallback(callback: URL, trust: Parameters<typeof tlsOptions>[0]): Promise<string> {
  const [response] = (await once(get(callback, tlsOptions(trust)), "response")) as [IncomingMessage];
  response.resume();
  if (!response.headers.location) throw new Error(`${callback.pathname} answered ${response.statusCode}`);
  return response.headers.location;
}
