import { Address4 } from "ip-address";

/** An IPv4 subnet with a host part: room for a gateway and at least one guest. */
export interface Subnet {
  /** 10.77.0.0/24 */
  cidr: string;
  prefix: number;
  gateway: string;
  /** What DHCP gives out. */
  firstGuest: string;
  lastGuest: string;
}

/** Throws with a sentence for people when it is no usable subnet, or the gateway is not in it. */
export function subnetOf(cidr: string, gateway = ""): Subnet {
  const parsed = parse(cidr);
  if (!parsed || parsed.subnetMask > 30)
    throw new Error(`${JSON.stringify(cidr)} is no IPv4 subnet for guests (like 10.77.0.0/24)`);
  const network = parsed.startAddress().bigInt();
  const broadcast = parsed.endAddress().bigInt();
  const gate = gateway === "" ? network + 1n : (parse(gateway)?.bigInt() ?? 0n);
  if (gate <= network || gate >= broadcast) throw new Error(`gateway ${gateway} is not in ${cidr}`);
  // The larger side of the gateway.
  const isLow = gate - network < broadcast - gate;
  const [first, last] = isLow ? [gate + 1n, broadcast - 1n] : [network + 1n, gate - 1n];
  return {
    cidr: `${text(network)}/${parsed.subnetMask}`,
    prefix: parsed.subnetMask,
    gateway: text(gate),
    firstGuest: text(first),
    lastGuest: text(last),
  };
}

/** The first of 10.77.0.0/24, 10.77.1.0/24, … that meets none of `taken`; undefined when there is none. */
export function freeSubnet(taken: readonly string[]): Subnet | undefined {
  for (let third = 0; third < 256; third++) {
    const cidr = `10.77.${third}.0/24`;
    if (!taken.some((other) => overlap(cidr, other))) return subnetOf(cidr);
  }
  return undefined;
}

/** The default route meets nothing. */
export function overlap(a: string, b: string): boolean {
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y || x.subnetMask === 0 || y.subnetMask === 0) return false;
  return x.startAddress().bigInt() <= y.endAddress().bigInt() && y.startAddress().bigInt() <= x.endAddress().bigInt();
}

function parse(address: string): Address4 | undefined {
  return Address4.isValid(address) ? new Address4(address) : undefined;
}

function text(value: bigint): string {
  return Address4.fromBigInt(value).correctForm();
}
