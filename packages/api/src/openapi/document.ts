import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { ErrorDetailSchema } from "../gen/limiquantix/ops/v1/error_pb.js";
import { collectMessages, enumSchema, messageSchema, schemaRef } from "./schema.ts";

/**
 * The OpenAPI 3.1 description of services as the Connect protocol serves them over HTTP with JSON: each RPC is a POST
 * to /package.Service/Method (https://connectrpc.com/docs/protocol). Pure: it reads nothing but descriptors.
 */
export function openApiDocument(options: { services: readonly DescService[]; version: string }): JsonObject {
  const methods = options.services.flatMap((service) => service.methods);
  const roots: DescMessage[] = methods.flatMap((method) => [method.input, method.output]);
  const { messages, enums } = collectMessages([...roots, ErrorDetailSchema]);
  return {
    openapi: "3.1.0",
    info: {
      title: "limiquantix",
      version: options.version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Each call is a POST of JSON. The same calls are served as Connect (binary), gRPC and gRPC-web on the same port.",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: options.services.map((service) => ({ name: service.name })),
    paths: Object.fromEntries(
      methods.map((method) => [`/${method.parent.typeName}/${method.name}`, { post: operation(method) }]),
    ),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        ...Object.fromEntries(messages.map((message) => [message.typeName, messageSchema(message)])),
        ...Object.fromEntries(enums.map((desc) => [desc.typeName, enumSchema(desc)])),
        "connect.Error": connectError,
      },
      responses: {
        error: {
          description: "Why it failed; the detail says what to try.",
          content: { "application/json": { schema: schemaRef("connect.Error") } },
        },
      },
    },
  };
}

const open = new Set(["Login", "RegisterNode"]);

function operation(method: DescMethod): JsonObject {
  const streams = method.methodKind !== "unary";
  // A stream is a sequence of enveloped messages, each of them JSON.
  const mediaType = streams ? "application/connect+json" : "application/json";
  return {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    ...(streams ? { "x-streaming": method.methodKind } : {}),
    ...(open.has(method.name) ? { security: [] } : {}),
    ...(method.deprecated ? { deprecated: true } : {}),
    requestBody: { required: true, content: { [mediaType]: { schema: schemaRef(method.input.typeName) } } },
    responses: {
      "200": {
        description: streams ? "A stream of these messages" : "Done",
        content: { [mediaType]: { schema: schemaRef(method.output.typeName) } },
      },
      default: { $ref: "#/components/responses/error" },
    },
  };
}

const connectError: JsonObject = {
  type: "object",
  required: ["code"],
  properties: {
    code: { type: "string", examples: ["not_found"] },
    message: { type: "string" },
    details: {
      type: "array",
      items: {
        type: "object",
        properties: {
          type: { type: "string", examples: [ErrorDetailSchema.typeName] },
          value: { type: "string", format: "byte", description: "The message, protobuf binary" },
          debug: schemaRef(ErrorDetailSchema.typeName),
        },
      },
    },
  },
};
