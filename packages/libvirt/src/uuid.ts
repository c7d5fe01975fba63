const TEXT = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** `6ba7b810-9dad-11d1-80b4-00c04fd430c8` from libvirt's 16 bytes. */
export function uuidToString(uuid: Uint8Array): string {
  if (uuid.length !== 16) throw new RangeError(`a UUID has 16 bytes, not ${uuid.length}`);
  const hex = Array.from(uuid, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The 16 bytes of a UUID in text, with or without hyphens. */
export function uuidFromString(text: string): Uint8Array {
  if (!TEXT.test(text)) throw new RangeError(`not a UUID: ${JSON.stringify(text)}`);
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
