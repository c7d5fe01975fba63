import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { invalid } from "./errors/problem.ts";

const validator = createValidator();

/** Throws INVALID_REQUEST, with each field at fault, unless the message keeps the rules in its proto. */
export function validate<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw result.error;
  throw invalid(
    result.violations.map((violation) => ({
      field: violation.field
        .map((part) => ("name" in part ? jsonName(part) : subscript(part)))
        .join("")
        .replace(/^\./, ""),
      message: violation.message,
    })),
  );
}

function jsonName(part: { name: string; jsonName?: string }): string {
  return `.${part.jsonName ?? part.name}`;
}

function subscript(part: object): string {
  if ("index" in part) return `[${String(part.index)}]`;
  if ("key" in part) return `[${JSON.stringify(part.key)}]`;
  return "";
}
