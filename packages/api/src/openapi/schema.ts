import { getOption, hasOption, ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField, DescMessage, JsonObject } from "@bufbuild/protobuf";
import { field as rulesOf, type FieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** JSON Schema (2020-12) of messages in the proto3 JSON mapping. */
export function messageSchema(message: DescMessage): JsonObject {
  const required = message.fields.filter((field) => rules(field)?.required).map((field) => field.jsonName);
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, fieldSchema(field)])),
  };
}

export function enumSchema(desc: DescEnum): JsonObject {
  return { type: "string", enum: desc.values.map((value) => value.name) };
}

export function schemaRef(typeName: string): JsonObject {
  return { $ref: `#/components/schemas/${typeName}` };
}

/** The messages and enums that can be reached from these, in the order of their names; well-known types apart. */
export function collectMessages(roots: readonly DescMessage[]): { messages: DescMessage[]; enums: DescEnum[] } {
  const messages = new Map<string, DescMessage>();
  const enums = new Map<string, DescEnum>();
  const visit = (message: DescMessage) => {
    if (messages.has(message.typeName) || wellKnown[message.typeName]) return;
    messages.set(message.typeName, message);
    for (const field of message.fields) {
      if (field.message) visit(field.message);
      if (field.enum) enums.set(field.enum.typeName, field.enum);
    }
  };
  for (const root of roots) visit(root);
  return { messages: inOrder(messages), enums: inOrder(enums) };
}

function inOrder<T extends { typeName: string }>(found: Map<string, T>): T[] {
  return [...found.values()].toSorted((a, b) => (a.typeName < b.typeName ? -1 : 1));
}

function fieldSchema(field: DescField): JsonObject {
  const constraints = rules(field);
  switch (field.fieldKind) {
    case "list": {
      const list = constraints?.type.case === "repeated" ? constraints.type.value : undefined;
      const items = { ...elementSchema(field), ...scalarRules(list?.items) };
      return { type: "array", items, ...(list?.maxItems ? { maxItems: Number(list.maxItems) } : {}) };
    }
    case "map": {
      const map = constraints?.type.case === "map" ? constraints.type.value : undefined;
      const additionalProperties = { ...elementSchema(field), ...scalarRules(map?.values) };
      return {
        type: "object",
        additionalProperties,
        ...(map?.maxPairs ? { maxProperties: Number(map.maxPairs) } : {}),
      };
    }
    default:
      return { ...elementSchema(field), ...scalarRules(constraints) };
  }
}

function elementSchema(field: DescField): JsonObject {
  if (field.message) return wellKnown[field.message.typeName] ?? schemaRef(field.message.typeName);
  if (field.enum) return schemaRef(field.enum.typeName);
  return scalars[field.scalar ?? ScalarType.STRING];
}

function rules(field: DescField): FieldRules | undefined {
  return hasOption(field, rulesOf) ? getOption(field, rulesOf) : undefined;
}

function scalarRules(constraints: FieldRules | undefined): JsonObject {
  const { type } = constraints ?? {};
  if (!type?.case) return {};
  if (type.case === "string") {
    const { minLen, maxLen, pattern, in: values, wellKnown: format } = type.value;
    return {
      ...(minLen ? { minLength: Number(minLen) } : {}),
      ...(maxLen ? { maxLength: Number(maxLen) } : {}),
      ...(pattern ? { pattern } : {}),
      ...(values.length > 0 ? { enum: [...values] } : {}),
      ...(format.case === "uuid" || format.case === "uri" ? { format: format.case } : {}),
    };
  }
  if (type.case !== "uint32" && type.case !== "int32" && type.case !== "double") return {};
  const { lessThan, greaterThan } = type.value;
  return {
    ...(lessThan.case === "lte" ? { maximum: lessThan.value } : {}),
    ...(lessThan.case === "lt" ? { exclusiveMaximum: lessThan.value } : {}),
    ...(greaterThan.case === "gte" ? { minimum: greaterThan.value } : {}),
    ...(greaterThan.case === "gt" ? { exclusiveMinimum: greaterThan.value } : {}),
  };
}

const wellKnown: Record<string, JsonObject> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", examples: ["1.5s"] },
  "google.protobuf.FieldMask": { type: "string", examples: ["description,spec.os"] },
};

const integer = { type: "integer", format: "int32" };
// 64 bits do not fit a JSON number everywhere: they are written as strings, and read as either.
const wide = { type: ["string", "integer"], format: "int64" };
const floating = { type: "number", format: "double" };

const scalars: Record<ScalarType, JsonObject> = {
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", format: "byte" },
  [ScalarType.DOUBLE]: floating,
  [ScalarType.FLOAT]: floating,
  [ScalarType.INT32]: integer,
  [ScalarType.SINT32]: integer,
  [ScalarType.SFIXED32]: integer,
  [ScalarType.UINT32]: { type: "integer", format: "int64", minimum: 0 },
  [ScalarType.FIXED32]: { type: "integer", format: "int64", minimum: 0 },
  [ScalarType.INT64]: wide,
  [ScalarType.SINT64]: wide,
  [ScalarType.SFIXED64]: wide,
  [ScalarType.UINT64]: wide,
  [ScalarType.FIXED64]: wide,
};
