import { errorCodeName } from "./error-code.ts";
import { domain, network } from "./protocol/shapes.ts";
import type { XdrReader } from "./xdr/reader.ts";
import { int, opt, string, struct } from "./xdr/types.ts";
import type { Decoded } from "./xdr/types.ts";

/** Layout of an error on the wire. */
export const errorMessage = struct({
  code: int,
  domain: int,
  message: opt(string),
  level: int,
  dom: opt(domain),
  str1: opt(string),
  str2: opt(string),
  str3: opt(string),
  int1: int,
  int2: int,
  net: opt(network),
});
export type ErrorMessage = Decoded<typeof errorMessage>;

/** libvirt refused or failed; `code` is one of `ErrorCode`. */
export class LibvirtError extends Error {
  override readonly name = "LibvirtError";
  /** One of `ErrorCode`. */
  readonly code: number;
  /** `NO_DOMAIN` and such. */
  readonly codeName: string;
  /** Which part of libvirt (`VIR_FROM_…`): 10 is QEMU, 7 RPC, 18 storage. */
  readonly domain: number;
  /** 1 warning, 2 error. */
  readonly level: number;
  /** For SYSTEM_ERROR the errno. */
  readonly int1: number;
  /** What was called, such as `DOMAIN_CREATE_WITH_FLAGS`. */
  readonly procedure: string;

  constructor(error: Pick<ErrorMessage, "code" | "domain" | "level" | "message" | "int1">, procedure: string) {
    super(error.message ?? `libvirt error ${errorCodeName(error.code)}`);
    this.code = error.code;
    this.codeName = errorCodeName(error.code);
    this.domain = error.domain;
    this.level = error.level;
    this.int1 = error.int1;
    this.procedure = procedure;
  }

  static read(r: XdrReader, procedure: string): LibvirtError {
    return new LibvirtError(errorMessage.decode(r), procedure);
  }
}

/** Looks for a `LibvirtError` (with `code`, if given) in `error` and in what it was caused by. */
export function findLibvirtError(error: unknown, code?: number): LibvirtError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 16; e = e.cause, depth++) {
    if (e instanceof LibvirtError && (code === undefined || e.code === code)) return e;
  }
  return undefined;
}

/** Whether `error` is, or was caused by, libvirt's error `code`: `isLibvirtError(e, ErrorCode.NO_DOMAIN)`. */
export function isLibvirtError(error: unknown, code?: number): boolean {
  return findLibvirtError(error, code) !== undefined;
}

/**
 * The connection is gone, or was never there. With `outcome` "unknown" the call was sent and may have been carried
 * out; with "unsent" it certainly was not.
 */
export class LibvirtDisconnectedError extends Error {
  override readonly name = "LibvirtDisconnectedError";
  readonly outcome: "unsent" | "unknown";

  constructor(message: string, options: { outcome: "unsent" | "unknown"; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.outcome = options.outcome;
  }
}

/** The peer broke the protocol; the connection is of no more use. */
export class LibvirtProtocolError extends Error {
  override readonly name = "LibvirtProtocolError";
}
