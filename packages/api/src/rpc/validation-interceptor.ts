import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { validate } from "../validation.ts";

/** Holds every request, and every message of a request stream, against the rules in its proto: INVALID_REQUEST. */
export const validationInterceptor: Interceptor = (next) => (request) => {
  if (request.stream) return next({ ...request, message: validated(request.method.input, request.message) });
  validate(request.method.input, request.message);
  return next(request);
};

async function* validated<Desc extends DescMessage>(schema: Desc, messages: AsyncIterable<MessageShape<Desc>>) {
  for await (const message of messages) {
    validate(schema, message);
    yield message;
  }
}
