import { accessOf, problem, publicServices, Reason } from "@limiquantix/api";
import type { Caller, Peer } from "@limiquantix/control";
import { TokenBuckets, type Rate } from "./token-buckets.ts";

/** Calls a second, and how many at once. Undefined: no limit. */
export interface RateLimitConfig {
  /** Of each user and each host. */
  signedIn: Rate | undefined;
  /** Of each address (of each /64 with IPv6), for what needs no proof of identity, and for proofs that were wrong. */
  strangers: Rate | undefined;
}

/** --dev: only this machine reaches the port. */
export const noRates: RateLimitConfig = { signedIn: undefined, strangers: undefined };

export const usualRates: RateLimitConfig = {
  signedIn: { perSecond: 1000, burst: 5000 },
  strangers: { perSecond: 20, burst: 100 },
};

/** An attempt to log in costs the server a hash that is slow on purpose. */
const dear = 3;
const costs: ReadonlyMap<string, number> = new Map(
  publicServices.flatMap(({ typeName, methods }) =>
    methods
      .filter((method) => accessOf(method)?.caller.kind === "anyone")
      .map((method) => [`${typeName}/${method.name}`, /Login|Passkey|Register/.test(method.name) ? dear : 1] as const),
  ),
);

/** How often who may call. Throws RATE_LIMITED. */
export class RateLimits {
  readonly #signedIn: TokenBuckets | undefined;
  readonly #strangers: TokenBuckets | undefined;

  constructor(config: RateLimitConfig) {
    this.#signedIn = config.signedIn && new TokenBuckets(config.signedIn);
    this.#strangers = config.strangers && new TokenBuckets(config.strangers);
  }

  /** Before anything of a call is read but its headers. */
  admit({ method, headers, peer }: { method: string; headers: Headers; peer: Peer }): void {
    const cost = costs.get(method);
    const proof = headers.has("authorization") || headers.has("cookie") || peer.certificate !== undefined;
    if (cost === undefined && proof) return;
    this.stranger(peer.address, cost ?? 1);
  }

  /** What needs no proof of identity, or came with a wrong one. */
  stranger(address: string, cost = 1): void {
    refuse(this.#strangers?.take(network(address), cost), `from ${address}`);
  }

  /** Once it is known who calls. */
  caller({ principal }: Caller): void {
    if (principal.kind === "nobody") return;
    refuse(this.#signedIn?.take(`${principal.kind}/${principal.id}`), `by ${principal.kind} ${principal.name}`);
  }
}

function refuse(waitMs: number | undefined, why: string): void {
  if (!waitMs) return;
  throw problem(Reason.RATE_LIMITED, { why, seconds: String(Math.ceil(waitMs / 1000)) });
}

/** Who has one IPv6 address has its whole /64. */
export function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const front = head.split(":").filter(Boolean);
  const back = tail?.split(":").filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
