import { getOption, hasOption, type DescMethod } from "@bufbuild/protobuf";
import { access } from "../gen/limiquantix/access/v1/access_pb.js";
import { isPrivilege, type Privilege } from "./privileges.ts";

/** Who may call a method: its proto option `(limiquantix.access.v1.access)`. */
export interface MethodAccess {
  caller:
    | { kind: "anyone" | "signedIn" | "host" }
    /** `filters`: whoever is signed in may call, and gets the rows on which they have the privilege. */
    | { kind: "privilege"; privilege: Privilege; targets: readonly AccessTarget[]; filters: boolean };
  /** Allowed calls leave no audit record. */
  reads: boolean;
}

export interface AccessTarget {
  /** Empty: the field holds a ResourceRef. */
  kind: string;
  /** Path of JSON names in the request: id, header.imageId. */
  path: readonly string[];
}

/** Undefined where the proto says nothing. Throws for an option that says nothing that there is. */
export function accessOf(method: DescMethod): MethodAccess | undefined {
  if (!hasOption(method, access)) return undefined;
  const { caller, targets, filters, reads } = getOption(method, access);
  const name = `${method.parent.name}.${method.name}`;
  switch (caller.case) {
    case "privilege": {
      const privilege = caller.value;
      if (!isPrivilege(privilege)) throw new Error(`${name}: there is no privilege ${privilege}`);
      const found = targets.map(({ kind, field }) => ({ kind, path: field.split(".").map(jsonName) }));
      return { caller: { kind: "privilege", privilege, targets: found, filters }, reads };
    }
    case "signedIn":
    case "anyone":
    case "host":
      return { caller: { kind: caller.case }, reads };
    default:
      throw new Error(`${name}: its access option names no caller`);
  }
}

function jsonName(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
