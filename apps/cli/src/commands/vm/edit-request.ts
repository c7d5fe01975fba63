import { fromJson, toJson, type JsonObject, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { VmSpecSchema, type UpdateVMRequestSchema, type VirtualMachine } from "@limiquantix/api";
import type { MutationFlags } from "../../tasks/flags.ts";
import { UsageError } from "../../usage-error.ts";
import { applyLabelChanges, parseLabelChanges } from "../../values/labels.ts";

export interface EditFlags extends MutationFlags {
  name?: string;
  description?: string;
  cpu?: number;
  memory?: bigint;
  label?: string[];
  autoStart?: boolean;
  /** False with `--no-folder`. */
  folder?: string | false;
}

export type UpdateInit = MessageInitShape<typeof UpdateVMRequestSchema>;

/** The update that flags ask for; undefined where none changes anything. Refused if the VM moves on meanwhile. */
export function changesFromFlags(vm: VirtualMachine, flags: EditFlags, folderId?: string): UpdateInit | undefined {
  const paths: string[] = [];
  const changed: UpdateInit = { id: vm.id, revision: vm.revision };
  const spec: UpdateInit["spec"] = {};
  if (flags.name !== undefined) {
    changed.name = flags.name;
    paths.push("name");
  }
  if (flags.description !== undefined) {
    changed.description = flags.description;
    paths.push("description");
  }
  if (flags.label) {
    changed.labels = applyLabelChanges(vm.labels, parseLabelChanges(flags.label));
    paths.push("labels");
  }
  if (folderId !== undefined) {
    changed.folderId = folderId;
    paths.push("folder_id");
  }
  if (flags.cpu !== undefined) {
    // Beyond what can be added while it runs, that limit grows too, and the change waits for a restart.
    const limit = vm.spec?.cpu?.maxCores ?? 0;
    const grows = limit > 0 && flags.cpu > limit;
    spec.cpu = { cores: flags.cpu, ...(grows ? { maxCores: flags.cpu } : {}) };
    paths.push("spec.cpu.cores", ...(grows ? ["spec.cpu.max_cores"] : []));
  }
  if (flags.memory !== undefined) {
    const limit = vm.spec?.memory?.maxMemoryMib ?? 0n;
    const grows = limit > 0n && flags.memory > limit;
    spec.memory = { sizeMib: flags.memory, ...(grows ? { maxMemoryMib: flags.memory } : {}) };
    paths.push("spec.memory.size_mib", ...(grows ? ["spec.memory.max_memory_mib"] : []));
  }
  if (flags.autoStart !== undefined) {
    spec.autoStart = flags.autoStart;
    paths.push("spec.auto_start");
  }
  return paths.length > 0 ? { ...changed, spec, updateMask: { paths } } : undefined;
}

/** What the editor shows: everything that may be changed, as the API spells it. */
export function editable(vm: VirtualMachine): JsonObject {
  return {
    name: vm.name,
    description: vm.description,
    labels: { ...vm.labels },
    spec: vm.spec ? toJson(VmSpecSchema, vm.spec) : {},
  };
}

/** The update that turns `before` into `after`, part by part; undefined if they are the same. */
export function changesFromEdit(vm: VirtualMachine, before: JsonObject, after: JsonValue): UpdateInit | undefined {
  if (!isObject(after))
    throw new UsageError("what was saved is no VM: name, description, labels and spec are expected");
  const known = ["name", "description", "labels", "spec"];
  const unknown = Object.keys(after).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    throw new UsageError(`${unknown.join(", ")}: not a thing that can be changed`, `These can: ${known.join(", ")}.`);
  const specBefore = isObject(before["spec"]) ? before["spec"] : {};
  const specAfter = isObject(after["spec"]) ? after["spec"] : {};
  const spec = readSpec(specAfter);
  // Both sides in the same spelling: an editor may have turned 512 into "512" and true into yes.
  const canonical = toJson(VmSpecSchema, spec) as JsonObject;
  const specPaths = differing(specBefore, canonical).map((key) => `spec.${snakeCase(key)}`);
  const plain = differing(before, after).filter((key) => key !== "spec");
  const paths = [...plain, ...specPaths];
  if (paths.length === 0) return undefined;
  return {
    id: vm.id,
    revision: vm.revision,
    name: textOf(after, "name"),
    description: textOf(after, "description"),
    labels: labelsOf(after["labels"]),
    spec,
    updateMask: { paths },
  };
}

function readSpec(json: JsonObject) {
  try {
    return fromJson(VmSpecSchema, json);
  } catch (error) {
    throw new UsageError(
      `the spec cannot be read: ${(error as Error).message}`,
      "Field names are as the editor showed them.",
    );
  }
}

function differing(a: JsonObject, b: JsonObject): string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].filter((key) => JSON.stringify(a[key] ?? null) !== JSON.stringify(b[key] ?? null));
}

function textOf(object: JsonObject, key: string): string {
  const value = object[key] ?? "";
  return typeof value === "object" ? "" : String(value);
}

function labelsOf(value: JsonValue | undefined): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new UsageError("labels are key: value lines");
  const nested = Object.keys(value).find((key) => typeof (value[key] ?? "") === "object");
  if (nested !== undefined) throw new UsageError(`label ${nested} needs one value`);
  return Object.fromEntries(Object.keys(value).map((key) => [key, textOf(value, key)]));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
