import { jsonDepth } from "./limits.ts";

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** How deep the braces and brackets of a JSON text nest; stops counting beyond `most`. Strings are skipped. */
export function nesting(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      depth++;
      if (depth > deepest) deepest = depth;
      if (deepest > most) return deepest;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return deepest;
}

/**
 * Connect decodes every JSON request with this, after decompression and before it is parsed: `[[[[…` costs V8 hundreds
 * of bytes a bracket. Bytes that are no UTF-8 are refused, not replaced.
 */
export const guardedTextDecoder = {
  decode(bytes: Uint8Array): string {
    if (nesting(bytes, jsonDepth) > jsonDepth) throw new Error(`the JSON nests deeper than ${jsonDepth} levels`);
    const text = strict.decode(bytes);
    if (hasHalfPair(text)) throw new Error("the JSON holds half of a surrogate pair, which is no text");
    return text;
  },
};

/** Whether `\uD800` to `\uDFFF` stand anywhere but in pairs: no header, no UTF-8 and no protobuf can carry those. */
export function hasHalfPair(json: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return false;
  let highEnds = -1;
  for (const { 1: hex, index } of json.matchAll(/\\(?:u([0-9a-fA-F]{4})|.)/gs)) {
    const unit = hex === undefined ? 0 : Number.parseInt(hex, 16);
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    if (isLow !== (index === highEnds)) return true;
    highEnds = unit >= 0xd800 && unit <= 0xdbff ? index + 6 : -1;
    if (highEnds >= 0 && !/^\\u[dD][c-fC-F]/.test(json.slice(highEnds, highEnds + 4))) return true;
  }
  return false;
}

const strict = new TextDecoder("utf-8", { fatal: true });
