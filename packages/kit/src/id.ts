import { uuidv7 } from "uuidv7";

/** A new UUIDv7 (RFC 9562): sorts by the time it was made, so that lists in id order are lists in age order. */
export function newId(): string {
  return uuidv7();
}
