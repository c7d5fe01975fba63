import { create } from "@bufbuild/protobuf";
import {
  CanIResponseSchema,
  isPrivilege,
  isProblem,
  type CanICheck,
  type CanIRequest,
  type CanIResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { rootKey } from "../inventory.ts";

/**
 * What the caller may do, in the order of the checks. An object that they may not know of is answered as one that
 * there is not.
 */
export function canI({ checks }: CanIRequest, call: Call): CanIResponse {
  // A dashboard asks for every button of a row: the same object again and again.
  const known = new Map<string, string>();
  const answers = checks.map((check) => {
    const key = `${check.privilege}\n${check.object?.kind}\n${check.object?.id}`;
    const why = known.get(key) ?? whyNot(check, call);
    known.set(key, why);
    return { allowed: why === "", why };
  });
  return create(CanIResponseSchema, { answers });
}

/** Empty: nothing is in the way. */
function whyNot({ privilege, object }: CanICheck, { access }: Call): string {
  if (!isPrivilege(privilege)) return `there is no privilege ${privilege}`;
  if (access.everywhere(privilege) && !object) return "";
  try {
    access.require(privilege, { kind: object?.kind || rootKey, id: object?.id ?? "" });
    return "";
  } catch (error) {
    if (isProblem(error)) return error.message;
    throw error;
  }
}
