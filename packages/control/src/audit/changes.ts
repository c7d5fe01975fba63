import { create, type JsonValue } from "@bufbuild/protobuf";
import { AuditChangeSchema, type AuditChange, type ResourceRef } from "@limiquantix/api";

const maxChanges = 64;
/** Characters of JSON in all changes of a record, and in one value. */
const maxTotal = 16_384;
const maxValue = 4_096;

interface FieldChange {
  field: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

/** The changes of one record, as far as they fit. */
export class ChangeList {
  readonly changes: AuditChange[] = [];
  cut = false;
  #left = maxTotal;

  add(object: Omit<ResourceRef, "$typeName">, before: JsonValue | undefined, after: JsonValue | undefined): void {
    for (const change of differences("", before, after)) {
      if (this.changes.length >= maxChanges || this.#left <= 0) {
        this.cut = true;
        return;
      }
      const { field } = change;
      this.changes.push(
        create(AuditChangeSchema, { object, field, before: this.#fit(change.before), after: this.#fit(change.after) }),
      );
    }
  }

  #fit(value: JsonValue | undefined): string {
    if (value === undefined) return "";
    const text = JSON.stringify(value);
    const room = Math.max(0, Math.min(maxValue, this.#left));
    this.#left -= text.length;
    if (text.length <= room) return text;
    this.cut = true;
    return `${text.slice(0, room)}…`;
  }
}

/** Where two JSON values differ, by the path of their fields; elements of a list that have ids are told by them. */
export function* differences(
  field: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Generator<FieldChange, undefined> {
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differences(field ? `${field}.${key}` : key, before[key], after[key]);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, fresh] = [keyed(before), keyed(after)];
    if (old && fresh) {
      for (const key of new Set([...old.keys(), ...fresh.keys()])) {
        yield* differences(`${field}[${key}]`, old.get(key), fresh.get(key));
      }
      return;
    }
  }
  if (JSON.stringify(before) !== JSON.stringify(after)) yield { field, before, after };
}

/** A list's elements by their ids, or where all have none, by their names; undefined where that does not tell them apart. */
function keyed(list: readonly JsonValue[]): Map<string, JsonValue> | undefined {
  for (const name of ["id", "name"]) {
    const found = new Map<string, JsonValue>();
    for (const item of list) {
      const key = isObject(item) ? item[name] : undefined;
      if (typeof key === "string" && key) found.set(key, item);
    }
    if (found.size === list.length) return found;
  }
  return undefined;
}

function isObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
