import { XdrError } from "./error.ts";
import type { XdrReader } from "./reader.ts";
import type { XdrWriter } from "./writer.ts";

/** A type on the wire: how to write an `In` and how to read an `Out`. `In` may be wider (defaults, omitted flags). */
export interface Xdr<Out, In = Out> {
  encode(w: XdrWriter, value: In): void;
  decode(r: XdrReader): Out;
}

/** A 64-bit integer: a number where exact (±2^53−1), else a bigint. `Number(x)` and `BigInt(x)` take both. */
export type Int64 = number | bigint;

export type AnyXdr = Xdr<unknown, never>;
export type Decoded<T> = T extends { decode(r: XdrReader): infer Out } ? Out : never;
export type Encodable<T> = T extends { encode(w: XdrWriter, value: infer In): void } ? In : never;

export const int: Xdr<number> = { encode: (w, v) => w.int(v), decode: (r) => r.int() };
export const uint: Xdr<number> = { encode: (w, v) => w.uint(v), decode: (r) => r.uint() };
export const hyper: Xdr<Int64> = { encode: (w, v) => w.hyper(v), decode: (r) => r.hyper() };
export const uhyper: Xdr<Int64> = { encode: (w, v) => w.uhyper(v), decode: (r) => r.uhyper() };
export const double: Xdr<number> = { encode: (w, v) => w.double(v), decode: (r) => r.double() };

/** An `int` that means yes or no. */
export const flag: Xdr<boolean> = { encode: (w, v) => w.int(v ? 1 : 0), decode: (r) => r.int() !== 0 };

/** `type` with a value for callers who leave it out. */
export function withDefault<Out, In>(type: Xdr<Out, In>, value: In): Xdr<Out, In | undefined> {
  return { encode: (w, v) => type.encode(w, v === undefined ? value : v), decode: (r) => type.decode(r) };
}

/** libvirt's limit for strings: 4 MiB. */
const STRING_MAX = 4_194_304;

export const string: Xdr<string> = {
  encode: (w, v) => w.string(v, STRING_MAX),
  decode: (r) => r.string(STRING_MAX),
};

/** Bytes with a count, at most `maxBytes`. */
export function opaque(maxBytes: number): Xdr<Uint8Array> {
  return { encode: (w, v) => w.opaque(v, maxBytes), decode: (r) => r.opaque(maxBytes) };
}

/** Exactly `length` bytes. */
export function fixedOpaque(length: number): Xdr<Uint8Array> {
  return {
    encode(w, v) {
      if (v.length !== length) throw new XdrError(`${v.length} bytes where ${length} are needed`);
      w.raw(v);
    },
    decode: (r) => r.raw(length),
  };
}

/** A C `char[length]` holding a string: rpcgen sends each char as a 32-bit integer. */
export function charArray(length: number): Xdr<string> {
  return {
    encode(w, v) {
      for (let i = 0; i < length; i++) w.int(i < v.length ? v.charCodeAt(i) & 0x7f : 0);
    },
    decode(r) {
      const chars = Array.from({ length }, () => r.int() & 0xff);
      const end = chars.indexOf(0);
      return String.fromCharCode(...(end < 0 ? chars : chars.slice(0, end)));
    },
  };
}

/** A value that may be absent; `undefined` is sent as absent, absent is read as `null`. */
export function opt<Out, In>(type: Xdr<Out, In>): Xdr<Out | null, In | null | undefined> {
  return {
    encode(w, v) {
      w.uint(v === null || v === undefined ? 0 : 1);
      if (v !== null && v !== undefined) type.encode(w, v);
    },
    decode: (r) => (r.uint() ? type.decode(r) : null),
  };
}

/** A list of at most `max` items. */
export function list<Out, In>(type: Xdr<Out, In>, max: number): Xdr<Out[], readonly In[]> {
  return {
    encode(w, v) {
      if (v.length > max) throw new XdrError(`a list of ${v.length} items, the limit is ${max}`);
      w.uint(v.length);
      for (const item of v) type.encode(w, item);
    },
    decode(r) {
      const count = r.count(max);
      return Array.from({ length: count }, () => type.decode(r));
    },
  };
}

export type Shape = Readonly<Record<string, AnyXdr>>;
type OptionalKeys<S extends Shape> = { [K in keyof S]: undefined extends Encodable<S[K]> ? K : never }[keyof S];
type Simplify<T> = { [K in keyof T]: T[K] };

type StructOut<S extends Shape> = { [K in keyof S]: Decoded<S[K]> };
type StructIn<S extends Shape> = Simplify<
  { [K in Exclude<keyof S, OptionalKeys<S>>]: Encodable<S[K]> } & { [K in OptionalKeys<S>]?: Encodable<S[K]> }
>;
export type Struct<S extends Shape> = Xdr<StructOut<S>, StructIn<S>> & { readonly fields: S };

/** Fields one after the other, in the order of the table. */
export function struct<const S extends Shape>(fields: S): Struct<S> {
  const entries = Object.entries(fields);
  return {
    fields,
    encode(w, value) {
      const values = value as Record<string, never>;
      for (const [name, type] of entries) {
        try {
          type.encode(w, values[name] as never);
        } catch (cause) {
          throw inField(name, cause);
        }
      }
    },
    decode(r) {
      const out: Record<string, unknown> = {};
      for (const [name, type] of entries) out[name] = type.decode(r);
      return out as StructOut<S>;
    },
  };
}

function inField(name: string, cause: unknown): XdrError {
  const message = cause instanceof XdrError ? cause.message : `not encodable: ${String(cause)}`;
  return new XdrError(`${name}: ${message}`, { cause });
}
