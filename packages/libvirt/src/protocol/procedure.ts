import { struct } from "../xdr/types.ts";
import type { AnyXdr, Shape, Struct } from "../xdr/types.ts";

/** The program numbers that share one connection to libvirtd. */
export const REMOTE_PROGRAM = 0x2000_8086;
export const QEMU_PROGRAM = 0x2000_8087;

/** What a call needs: who answers it, and the layout of its arguments and its reply. */
export interface WireProcedure {
  readonly program: number;
  readonly number: number;
  readonly args: AnyXdr;
  readonly result: AnyXdr;
}

export interface Procedure<A extends Shape, R extends Shape> extends WireProcedure {
  readonly args: Struct<A>;
  readonly result: Struct<R>;
}

/** A procedure of libvirt's main program. */
export function proc<const A extends Shape = {}, const R extends Shape = {}>(
  number: number,
  args = {} as A,
  result = {} as R,
): Procedure<A, R> {
  return { program: REMOTE_PROGRAM, number, args: struct(args), result: struct(result) };
}

/** A procedure of the QEMU-only program. */
export function qemuProc<const A extends Shape = {}, const R extends Shape = {}>(
  number: number,
  args = {} as A,
  result = {} as R,
): Procedure<A, R> {
  return { program: QEMU_PROGRAM, number, args: struct(args), result: struct(result) };
}

/** A procedure after whose reply data flows under the same serial: console, volume content, screenshot. */
export interface StreamProcedure<A extends Shape, R extends Shape> extends Procedure<A, R> {
  readonly stream: true;
}

export function streamProc<const A extends Shape, const R extends Shape = {}>(
  number: number,
  args: A,
  result = {} as R,
): StreamProcedure<A, R> {
  return { ...proc(number, args, result), stream: true };
}
