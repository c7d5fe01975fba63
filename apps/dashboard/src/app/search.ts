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

/** What belongs to the page whichever of its tabs is open. */
const ofThePage = new Set(["range", "project"]);

/** The open tab of the page. Filters, the order and the selection were the last one's and do not come along. */
export function useTab(initial: string): [string, (tab: string) => void] {
  const [tab] = useSearchValue("tab", initial);
  const navigate = useNavigate();
  const set = useCallback(
    (value: string) =>
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({
          ...Object.fromEntries(Object.entries(before).filter(([name]) => ofThePage.has(name))),
          tab: value === initial ? undefined : value,
        }),
        replace: true,
      } as never),
    [navigate, initial],
  );
  return [tab, set];
}
