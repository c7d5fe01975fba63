import { GrantService, type Privilege } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient } from "./context.tsx";
import { useQuery } from "./use-query.ts";

export interface Permission {
  allowed: boolean;
  /** Why not, for a tooltip. Empty while it is not known. */
  why: string;
}

export interface CanCheck {
  privilege: Privilege;
  object?: { kind: string; id: string };
}

/** What the user may do, in one call: buttons are grey until it is known. The server decides again when they are used. */
export function useCan(checks: readonly CanCheck[]): readonly Permission[] {
  const client = useClient(GrantService);
  const key = JSON.stringify(checks);
  const { data } = useQuery(key, async (signal) => {
    if (checks.length === 0) return undefined;
    const { answers } = await client.canI({ checks: [...checks] }, { signal });
    return new Map(checks.map((check, i) => [JSON.stringify(check), answers[i]]));
  });
  // By the check and not by its place: the last answer may be one to other checks.
  return useMemo(
    () =>
      checks.map((check) => {
        const answer = data?.get(JSON.stringify(check));
        return { allowed: answer?.allowed ?? false, why: answer?.why ?? "" };
      }),
    [key, data],
  );
}

/** For `<Button blocked>`: why it cannot be used; empty while that is not known yet. */
export function blockedBy(permission: Permission | undefined): string | undefined {
  return permission?.allowed ? undefined : (permission?.why ?? "");
}
