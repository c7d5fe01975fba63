import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** One value of the address, and how to change it; empty takes it out. Changes replace: Back leaves the page. */
export function useSearchValue(name: string, initial = ""): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const set = useCallback(
    (value: string) =>
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, [name]: value === initial ? undefined : value }),
        replace: true,
      } as never),
    [navigate, name, initial],
  );
  return [search[name] ?? initial, set];
}
