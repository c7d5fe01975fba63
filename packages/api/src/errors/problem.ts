import type { MessageInitShape } from "@bufbuild/protobuf";
import { Reason, type FieldViolationSchema, type HostVerdict } from "../gen/limiquantix/ops/v1/error_pb.js";
import { catalogueEntry, fill } from "./catalogue.ts";

/** A failure that has a name in the catalogue. Core throws it; only the RPC edge turns it into a transport's error. */
export class Problem extends Error {
  readonly reason: Reason;
  readonly params: Readonly<Record<string, string>>;
  readonly fields: MessageInitShape<typeof FieldViolationSchema>[];
  readonly hosts: HostVerdict[];

  constructor(reason: Reason, params: Readonly<Record<string, string>> = {}, options: ProblemOptions = {}) {
    super(fill(catalogueEntry(reason).sentence, params), options.cause === undefined ? {} : { cause: options.cause });
    this.name = "Problem";
    this.reason = reason;
    this.params = params;
    this.fields = options.fields ?? [];
    this.hosts = options.hosts ?? [];
  }

  get tryThis(): string {
    return fill(catalogueEntry(this.reason).tryThis, this.params);
  }
}

export interface ProblemOptions {
  cause?: unknown;
  fields?: MessageInitShape<typeof FieldViolationSchema>[];
  hosts?: HostVerdict[];
}

/** `throw problem(Reason.NAME_TAKEN, { kind: "VM", name })`. */
export function problem(reason: Reason, params?: Readonly<Record<string, string>>, options?: ProblemOptions): Problem {
  return new Problem(reason, params, options);
}

/** A request that is wrong whatever the state, with the fields at fault. */
export function invalid(fields: { field: string; message: string }[]): Problem {
  const message = fields.map((f) => (f.field ? `${f.field}: ${f.message}` : f.message)).join("; ");
  return new Problem(Reason.INVALID_REQUEST, { message }, { fields });
}

export function isProblem(error: unknown, reason?: Reason): error is Problem {
  return error instanceof Problem && (reason === undefined || error.reason === reason);
}
