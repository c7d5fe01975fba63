import {
  clone,
  create,
  equals,
  fromJson,
  ScalarType,
  toJson,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { VmSpecSchema, type VirtualMachine, type VmSpec } from "@limiquantix/api";
import { parse, stringify, YAMLParseError } from "yaml";

/** What of a VM can be written: what people call it, where it belongs, and its spec. */
export interface SpecDocument {
  name: string;
  description: string;
  labels: Record<string, string>;
  folderId: string;
  spec: VmSpec;
}

export class DocumentFault extends Error {
  /** From 1; undefined where the fault is of no one line. */
  readonly line: number | undefined;
  constructor(message: string, line?: number) {
    super(message);
    this.name = "DocumentFault";
    this.line = line;
  }
}

export function documentOf(vm: VirtualMachine): SpecDocument {
  const spec = vm.spec ? clone(VmSpecSchema, vm.spec) : create(VmSpecSchema);
  return { name: vm.name, description: vm.description, labels: { ...vm.labels }, folderId: vm.folderId, spec };
}

/** The document as YAML, always in the same form: two that mean the same are the same text. */
export function documentYaml({ name, description, labels, folderId, spec }: SpecDocument): string {
  const sorted = Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const json = plainNumbers(VmSpecSchema, toJson(VmSpecSchema, spec));
  return stringify({ name, description, labels: sorted, folderId, spec: json }, { lineWidth: 0 });
}

/** Throws DocumentFault. */
export function parseDocument(text: string): SpecDocument {
  const value = parseYaml(text);
  if (!isObject(value)) throw new DocumentFault("The top has to be name, description, labels, folderId and spec.");
  const { name, description = "", labels = {}, folderId = "", spec = {}, ...rest } = value;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    throw new DocumentFault(`There is no ${unknown} here: only name, description, labels, folderId and spec.`);
  if (typeof name !== "string" || name === "") throw new DocumentFault("name: a text is needed.");
  if (!isObject(labels ?? {})) throw new DocumentFault("labels: keys with values are needed.");
  const texts = Object.entries((labels ?? {}) as JsonObject).map(([key, value]) => [
    key,
    textOf(value, `labels.${key}`),
  ]);
  try {
    return {
      name,
      description: textOf(description, "description"),
      labels: Object.fromEntries(texts) as Record<string, string>,
      folderId: textOf(folderId, "folderId"),
      spec: fromJson(VmSpecSchema, spec ?? {}),
    };
  } catch (error) {
    if (error instanceof DocumentFault) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new DocumentFault(message.replace(/^cannot decode (message|field) limiquantix\.compute\.v1\./, "spec: "));
  }
}

/** The paths of an update mask that makes `before` into `after`: name, labels, spec.cpu, spec.disks. */
export function maskBetween(before: SpecDocument, after: SpecDocument): string[] {
  const paths: string[] = [];
  if (before.name !== after.name) paths.push("name");
  if (before.description !== after.description) paths.push("description");
  if (documentLabels(before) !== documentLabels(after)) paths.push("labels");
  if (before.folderId !== after.folderId) paths.push("folder_id");
  for (const field of VmSpecSchema.fields) {
    const only = (spec: VmSpec) => {
      const part = create(VmSpecSchema);
      const from = reflect(VmSpecSchema, spec);
      if (from.isSet(field))
        Object.assign(part, {
          [field.localName]: (from.message as unknown as Record<string, unknown>)[field.localName],
        });
      return part;
    };
    if (!equals(VmSpecSchema, only(before.spec), only(after.spec))) paths.push(`spec.${field.name}`);
  }
  return paths;
}

function documentLabels({ labels }: SpecDocument): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function parseYaml(text: string): JsonValue {
  try {
    return parse(text, { maxAliasCount: 100 }) as JsonValue;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw new DocumentFault(String(error));
    const line = error.linePos?.[0].line;
    throw new DocumentFault(error.message.split("\n")[0] ?? error.message, line);
  }
}

function textOf(value: JsonValue | undefined, path: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "";
  throw new DocumentFault(`${path}: a text is needed.`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON spells 64-bit numbers as text: here they are numbers, as people write them, where a number holds them. */
function plainNumbers(desc: DescMessage, json: JsonValue): JsonValue {
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const field = desc.fields.find(({ jsonName }) => jsonName === key);
      return [key, field ? plainField(field, value) : value];
    }),
  );
}

function plainField(field: DescField, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => plainField(field, item));
  if (field.fieldKind === "map") return value;
  if (field.message) return plainNumbers(field.message, value);
  const long = field.scalar === ScalarType.UINT64 || field.scalar === ScalarType.INT64;
  return long && typeof value === "string" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
