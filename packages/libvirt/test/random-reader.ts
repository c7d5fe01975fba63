import { XdrReader } from "../src/xdr/reader.ts";

/** A reader of invented bytes: decoding any type with it makes up a value of that type. */
export class RandomReader extends XdrReader {
  readonly #random: () => number;

  constructor(random: () => number) {
    super(new Uint8Array());
    this.#random = random;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #text(): string {
    return Array.from({ length: this.#below(9) }, () => "aZ0<&é漢🙂\n"[this.#below(8)] ?? "x")
      .join("")
      .toWellFormed();
  }

  /** Within what every enumeration of the protocol accepts. */
  override int(): number {
    return 1 + this.#below(7);
  }

  override uint(): number {
    return this.#below(2) * this.#below(0x1_0000_0000);
  }

  override hyper(): number | bigint {
    return this.#below(2) ? -(2n ** 63n) + BigInt(this.#below(1000)) : this.#below(2 ** 50) - 2 ** 49;
  }

  override uhyper(): number | bigint {
    return this.#below(2) ? 2n ** 64n - 1n - BigInt(this.#below(1000)) : this.#below(2 ** 50);
  }

  override double(): number {
    return this.#random() * 1e9;
  }

  override string(): string {
    return this.#text();
  }

  override opaque(): Uint8Array {
    return this.raw(this.#below(11));
  }

  override raw(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#below(256));
  }

  override count(): number {
    return this.#below(4);
  }
}
