import type { SimDefinition } from "./cluster.ts";

export interface Answer {
  status: number;
  body: string;
}

export const MASK_ERROR = 0xc000_0000_0000_0000n;
const MASK_WARN = 0x8000_0000_0000_0000n;
const CREATE = 0x0100_0000n;
const DEFINITION = 0x0038_0000n;
const NOT_FOUND = 3000n;

/** A refusal in LINSTOR's words and numbers. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What is deleted and was not there is no more than worth a warning. */
export function missing(message: string): Answer {
  return { status: 200, body: `[${rc(MASK_WARN | NOT_FOUND, message)}]` };
}

export function shown({ name, group, props, isDeleted, sizeKib }: SimDefinition, withVolumes: boolean) {
  const volumes = sizeKib === undefined ? [] : [{ volume_number: 0, size_kib: sizeKib }];
  return {
    name,
    resource_group_name: group,
    props,
    flags: isDeleted ? ["DELETE"] : [],
    ...(withVolumes && { volume_definitions: volumes }),
  };
}

export function json(value: unknown, status = 200): Answer {
  return { status, body: JSON.stringify(value) };
}

export function done(status: number, message: string): Answer {
  return { status, body: `[${rc(CREATE | DEFINITION | 1n, message)}]` };
}

/** HTTP statuses as in LINSTOR's ApiCallRcRestUtils. */
export function refused({ code, message }: Pick<Refusal, "code" | "message">): Answer {
  const status = code >= 300 && code < 400 ? 404 : code >= 400 && code < 500 ? 403 : 500;
  return { status, body: `[${failed(code, message)}]` };
}

export function failed(code: number, message: string): string {
  return rc(MASK_ERROR | CREATE | DEFINITION | BigInt(code), message);
}

/** As Java writes a long: all its digits, and its sign. */
export function rc(code: bigint, message: string): string {
  return `{"ret_code":${BigInt.asIntN(64, code)},"message":${JSON.stringify(message)}}`;
}
