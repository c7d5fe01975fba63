import { invalid } from "@limiquantix/api";

/** The sizes and meanings are those of RFC 6143, 7.1 to 7.5, and of the RFB community's list for what is beyond it. */
const versionBytes = 12;
const knownVersions = new Set(["RFB 003.007\n", "RFB 003.008\n"]);
const noSecurity = 1;
const vncSecurity = 2;
const vncResponseBytes = 16;
/** Far more than there are; more would be to fill our memory. */
const mostEncodings = 1024;

type Step =
  | { at: "version" }
  | { at: "security" }
  | { at: "response" }
  | { at: "init" }
  | { at: "messages" }
  /** Nothing is read any more: what follows goes through as it is. */
  | { at: "open" };

/**
 * What a viewer sends to a VNC server, message by message.
 *
 *     version ─▶ security ─▶ (response) ─▶ init ─▶ messages       view-only: keys, pointer, clipboard and all else that
 *                   │                       │                      changes something are dropped
 *                   └──── other kinds ──────┴──▶ open              else: everything goes through
 *
 * Every viewer is made a shared one: nobody throws the others out. View-only, only whole messages of kinds that are
 * known to change nothing go on, so whatever a viewer sends, the server reads nothing else; what cannot be followed
 * throws INVALID_REQUEST.
 */
export class RfbClientFilter {
  readonly #viewOnly: boolean;
  #step: Step = { at: "version" };
  #buffer: Uint8Array = new Uint8Array();
  /** Of a message that is being dropped, how much is still to come. */
  #dropping = 0;

  constructor(options: { viewOnly: boolean }) {
    this.#viewOnly = options.viewOnly;
  }

  /** What goes on to the server. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#step.at === "open") return bytes;
    this.#buffer = concat([this.#buffer, bytes]);
    const passed: Uint8Array[] = [];
    while (this.#next(passed)) {
      // Each round takes one message out of the buffer.
    }
    return concat(passed);
  }

  /** False: more bytes are needed. */
  #next(passed: Uint8Array[]): boolean {
    switch (this.#step.at) {
      case "version":
        return this.#version(passed);
      case "security":
        return this.#security(passed);
      case "response":
        return this.#take(vncResponseBytes, passed) && this.#go("init");
      case "init":
        return this.#init(passed);
      case "messages":
        return this.#message(passed);
      case "open":
        if (this.#buffer.length > 0) passed.push(this.#buffer);
        this.#buffer = new Uint8Array();
        return false;
    }
  }

  #version(passed: Uint8Array[]): boolean {
    if (this.#buffer.length < versionBytes) return false;
    const version = new TextDecoder("latin1").decode(this.#buffer.subarray(0, versionBytes));
    const known = knownVersions.has(version);
    // With 3.3 the server alone chooses the kind of security, which is not seen here.
    if (!known && this.#viewOnly) throw unfollowable(`its version is ${JSON.stringify(version)}, not 3.7 or 3.8`);
    this.#take(versionBytes, passed);
    return this.#go(known ? "security" : "open");
  }

  #security(passed: Uint8Array[]): boolean {
    const [kind] = this.#buffer;
    if (kind === undefined) return false;
    const known = kind === noSecurity || kind === vncSecurity;
    if (!known && this.#viewOnly) throw unfollowable(`its kind of security is ${kind}`);
    this.#take(1, passed);
    return this.#go(kind === noSecurity ? "init" : kind === vncSecurity ? "response" : "open");
  }

  #init(passed: Uint8Array[]): boolean {
    if (this.#buffer.length === 0) return false;
    this.#buffer = this.#buffer.subarray(1);
    passed.push(Uint8Array.of(1));
    return this.#go(this.#viewOnly ? "messages" : "open");
  }

  #message(passed: Uint8Array[]): boolean {
    if (this.#dropping > 0) {
      const gone = Math.min(this.#dropping, this.#buffer.length);
      this.#buffer = this.#buffer.subarray(gone);
      this.#dropping -= gone;
      if (this.#dropping > 0) return false;
    }
    const length = lengthOf(this.#buffer);
    if (length === undefined) return false;
    if (passing.has(this.#buffer[0] ?? 0)) return this.#take(length, passed);
    this.#dropping = length;
    return true;
  }

  /** Passes so many bytes on, if they are there. */
  #take(count: number, passed: Uint8Array[]): boolean {
    if (this.#buffer.length < count) return false;
    passed.push(this.#buffer.subarray(0, count));
    this.#buffer = this.#buffer.subarray(count);
    return true;
  }

  #go(at: Step["at"]): true {
    this.#step = { at };
    return true;
  }
}

const setPixelFormat = 0;
const setEncodings = 2;
const framebufferUpdateRequest = 3;
const keyEvent = 4;
const pointerEvent = 5;
const clientCutText = 6;
const enableContinuousUpdates = 150;
const fence = 248;
const xvp = 250;
const setDesktopSize = 251;
const qemu = 255;

/** What only says how the screen is to be sent. */
const passing = new Set([setPixelFormat, setEncodings, framebufferUpdateRequest, enableContinuousUpdates, fence]);

/** The length of the message that begins here; undefined where its length is still to come. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = (needed: number, length: () => number) => (bytes.length < needed ? undefined : length());
  if (bytes.length === 0) return undefined;
  const type = view.getUint8(0);
  switch (type) {
    case setPixelFormat:
      return 20;
    case setEncodings:
      return from(4, () => 4 + 4 * atMost(view.getUint16(2), mostEncodings));
    case framebufferUpdateRequest:
    case enableContinuousUpdates:
      return 10;
    case keyEvent:
      return 8;
    case pointerEvent:
      return 6;
    case clientCutText:
      // Negative for the extended clipboard.
      return from(8, () => 8 + Math.abs(view.getInt32(4)));
    case fence:
      return from(9, () => 9 + view.getUint8(8));
    case xvp:
      return 4;
    case setDesktopSize:
      return from(8, () => 8 + 16 * view.getUint8(6));
    case qemu:
      return from(4, () => qemuLength(view));
    default:
      throw unfollowable(`it sent a message of type ${type}`);
  }
}

/** Extended keys (0) and audio (1): enable, disable, set format. */
function qemuLength(view: DataView): number {
  const [kind, operation] = [view.getUint8(1), view.getUint16(2)];
  if (kind === 0) return 12;
  if (kind === 1 && operation <= 2) return operation === 2 ? 10 : 4;
  throw unfollowable(`it sent a QEMU message of type ${kind}`);
}

function atMost(count: number, most: number): number {
  if (count > most) throw unfollowable(`it names ${count} encodings`);
  return count;
}

function unfollowable(why: string): Error {
  return invalid([{ field: "", message: `this viewer cannot be held to looking only: ${why}` }]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = parts.filter((part) => part.length > 0);
  if (!only || others.length === 0) return only ?? new Uint8Array();
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
