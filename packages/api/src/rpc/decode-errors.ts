import { toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { invalid } from "../errors/problem.ts";
import { toConnectError } from "../errors/connect.ts";
import { ErrorDetailSchema } from "../gen/limiquantix/ops/v1/error_pb.js";
import { isCallersFault, withBlame } from "./protocol-faults.ts";

/**
 * Connect decodes a unary request before any interceptor runs, so a body that does not decode (an unknown field, a
 * string where a number belongs) would be answered without our ErrorDetail. This gives such an answer its detail, with
 * the field at fault; and what Connect takes for an internal error though the caller sent it becomes INVALID_REQUEST.
 */
export function withTypedDecodeErrors(handler: UniversalHandler): UniversalHandler {
  const typed = async (request: Parameters<UniversalHandler>[0]) => {
    const response = await handler(request);
    return response.status === 400 || response.status === 500 ? typedAnswer(response) : withBlame(response);
  };
  return Object.assign(typed, {
    service: handler.service,
    method: handler.method,
    requestPath: handler.requestPath,
    supportedContentType: handler.supportedContentType,
    protocolNames: handler.protocolNames,
    allowedMethods: handler.allowedMethods,
  });
}

async function typedAnswer(response: UniversalServerResponse): Promise<UniversalServerResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) chunks.push(chunk);
  const unchanged = { ...response, body: once(chunks) };
  if (response.header?.has("content-encoding")) return unchanged;
  const body = parse(chunks);
  if (!body || body.details) return unchanged;
  if (body.code !== "invalid_argument" && !isCallersFault(body.message ?? "")) return unchanged;
  const error = toConnectError(invalid([decodeFault(body.message ?? "")]), "");
  const answer = {
    code: "invalid_argument",
    message: error.rawMessage,
    details: error.findDetails(ErrorDetailSchema).map((detail) => ({
      type: ErrorDetailSchema.typeName,
      value: base64Encode(toBinary(ErrorDetailSchema, detail), "std_raw"),
    })),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  const header = new Headers(response.header);
  header.set("content-length", String(bytes.byteLength));
  return { ...response, status: 400, header, body: once([bytes]) };
}

/** `cannot decode message a.b.C from JSON: key "colour" is unknown` → the field and what is wrong with it. */
export function decodeFault(message: string): { field: string; message: string } {
  const unknown = /cannot decode message ([\w.]+) from JSON: key "([^"]*)" is unknown/.exec(message);
  if (unknown) return { field: unknown[2] ?? "", message: `${unknown[1]} has no such field` };
  const field = /cannot decode field ([\w.]+)\.(\w+) from JSON: (.*)$/s.exec(message);
  if (field) return { field: jsonName(field[2] ?? ""), message: field[3] ?? "" };
  return { field: "", message: message.replace(/^\[invalid_argument\] /, "") || "the request cannot be decoded" };
}

function jsonName(protoName: string): string {
  return protoName.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function parse(chunks: Uint8Array[]): { code?: string; message?: string; details?: unknown } | undefined {
  try {
    const decoder = new TextDecoder();
    return JSON.parse(chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join(""));
  } catch {
    return undefined;
  }
}

async function* once(chunks: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
