/** A value that XDR cannot carry, or bytes that are not what the table says. */
export class XdrError extends Error {
  override readonly name = "XdrError";
}
