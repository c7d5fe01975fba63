import { XdrError } from "../xdr/error.ts";
import { list } from "../xdr/types.ts";
import type { Int64, Xdr } from "../xdr/types.ts";

/** libvirt's named, typed values (`virTypedParameter`). Field names such as `cpu.time` are libvirt's. */
export type TypedParam =
  | { field: string; type: "int" | "uint" | "double"; value: number }
  | { field: string; type: "llong" | "ullong"; value: Int64 }
  | { field: string; type: "boolean"; value: boolean }
  | { field: string; type: "string"; value: string };

export type TypedValue = TypedParam["value"];

/** Order of the type numbers on the wire, from 1. */
const TYPES = ["int", "uint", "llong", "ullong", "double", "boolean", "string"] as const;
const FIELD_MAX = 4_194_304;

export const typedParam: Xdr<TypedParam> = {
  encode(w, param) {
    w.string(param.field, FIELD_MAX);
    w.int(TYPES.indexOf(param.type) + 1);
    switch (param.type) {
      case "int":
        return w.int(param.value);
      case "uint":
        return w.uint(param.value);
      case "llong":
        return w.hyper(param.value);
      case "ullong":
        return w.uhyper(param.value);
      case "double":
        return w.double(param.value);
      case "boolean":
        return w.int(param.value ? 1 : 0);
      case "string":
        return w.string(param.value, FIELD_MAX);
    }
  },
  decode(r): TypedParam {
    const field = r.string(FIELD_MAX);
    const number = r.int();
    const type = TYPES[number - 1];
    switch (type) {
      case "int":
        return { field, type, value: r.int() };
      case "uint":
        return { field, type, value: r.uint() };
      case "llong":
        return { field, type, value: r.hyper() };
      case "ullong":
        return { field, type, value: r.uhyper() };
      case "double":
        return { field, type, value: r.double() };
      case "boolean":
        return { field, type, value: r.int() !== 0 };
      case "string":
        return { field, type, value: r.string(FIELD_MAX) };
      default:
        throw new XdrError(`typed parameter ${field} has unknown type ${number}`);
    }
  },
};

export function typedParams(max: number): Xdr<TypedParam[], readonly TypedParam[]> {
  return list(typedParam, max);
}

/** Makes parameters for a call: `[param.ullong("bandwidth", 100), param.string("destination_name", "b")]`. */
export const param = {
  int: (field: string, value: number): TypedParam => ({ field, type: "int", value }),
  uint: (field: string, value: number): TypedParam => ({ field, type: "uint", value }),
  llong: (field: string, value: Int64): TypedParam => ({ field, type: "llong", value }),
  ullong: (field: string, value: Int64): TypedParam => ({ field, type: "ullong", value }),
  double: (field: string, value: number): TypedParam => ({ field, type: "double", value }),
  boolean: (field: string, value: boolean): TypedParam => ({ field, type: "boolean", value }),
  string: (field: string, value: string): TypedParam => ({ field, type: "string", value }),
};

/** Values by field name; of a field that occurs twice, the last one. */
export function paramsToRecord(params: readonly TypedParam[]): Record<string, TypedValue | undefined> {
  return Object.fromEntries(params.map(({ field, value }) => [field, value]));
}
