import { hostname, networkInterfaces } from "node:os";
import type { HttpsConfig } from "../config.ts";

/** The names and addresses that a certificate of the built-in authority is for: all that lead to this port. */
export function webNames({ publicNames, listen }: HttpsConfig): string[] {
  const own = isWildcard(listen.host) ? addresses() : [listen.host];
  return [...new Set([...publicNames, hostname(), "localhost", "127.0.0.1", "::1", ...own])].filter((name) => name);
}

/** By which hosts and people elsewhere find it: the name it was given, else an address that others reach. */
export function publicHost({ publicNames, listen }: HttpsConfig): string {
  const [named] = publicNames;
  if (named) return named;
  if (!isWildcard(listen.host)) return listen.host;
  return addresses().find((address) => !address.includes(":")) ?? addresses()[0] ?? "127.0.0.1";
}

export function httpsUrl(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Of this machine, without loopback and link-local ones, which mean another machine elsewhere. */
function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => address);
}
