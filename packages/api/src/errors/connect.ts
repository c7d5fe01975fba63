import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorDetailSchema, Reason } from "../gen/limiquantix/ops/v1/error_pb.js";
import { catalogueEntry, fill } from "./catalogue.ts";
import { Problem } from "./problem.ts";

/** What goes over the wire for a problem: the catalogue's code, the sentence, and an ErrorDetail. */
export function toConnectError(problem: Problem, requestId: string): ConnectError {
  const detail = create(ErrorDetailSchema, {
    reason: problem.reason,
    tryThis: problem.tryThis,
    params: { ...problem.params },
    fields: problem.fields,
    hosts: problem.hosts,
    requestId,
  });
  const message = fill(catalogueEntry(problem.reason).sentence, { requestId, ...problem.params });
  return new ConnectError(message, catalogueEntry(problem.reason).code, undefined, [
    { desc: ErrorDetailSchema, value: detail },
  ]);
}

/** The problem that a peer sent; a bare transport failure becomes UNAVAILABLE, CANCELLED, … of `what`. */
export function fromConnectError(error: unknown, what = "the server"): Problem {
  if (error instanceof Problem) return error;
  const connectError = ConnectError.from(error);
  const detail = connectError.findDetails(ErrorDetailSchema)[0];
  if (detail) {
    const params = { requestId: detail.requestId, ...detail.params };
    return new Problem(detail.reason, params, { cause: error, fields: detail.fields, hosts: detail.hosts });
  }
  const why = connectError.rawMessage;
  switch (connectError.code) {
    case Code.Canceled:
      return new Problem(Reason.CANCELLED, { who: "the caller" }, { cause: error });
    case Code.DeadlineExceeded:
      return new Problem(Reason.DEADLINE_EXCEEDED, { what }, { cause: error });
    case Code.Unimplemented:
      return new Problem(Reason.UNSUPPORTED, { what: "this call", why: `${what} does not know it` }, { cause: error });
    case Code.Unauthenticated:
      return new Problem(Reason.UNAUTHENTICATED, { why }, { cause: error });
    case Code.InvalidArgument:
      return new Problem(Reason.INVALID_REQUEST, { message: why }, { cause: error });
    default:
      return new Problem(Reason.UNAVAILABLE, { what, why }, { cause: error });
  }
}
