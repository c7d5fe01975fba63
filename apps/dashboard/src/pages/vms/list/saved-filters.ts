import { useSyncExternalStore } from "react";

/** A filter of the list by its name: the part of the address that it is. */
export interface SavedFilter {
  name: string;
  search: Record<string, string>;
}

const key = "limiquantix.vms.filters";
const listeners = new Set<() => void>();
let read: { text: string | null; filters: readonly SavedFilter[] } = { text: null, filters: [] };

function savedFilters(): readonly SavedFilter[] {
  const text = localStorage.getItem(key);
  if (text !== read.text) read = { text, filters: parseFilters(text) };
  return read.filters;
}

/** What is not of this form was not written by this version: it counts as nothing. */
export function parseFilters(text: string | null): readonly SavedFilter[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter(
      (item: Partial<SavedFilter> | null): item is SavedFilter =>
        typeof item?.name === "string" &&
        typeof item.search === "object" &&
        item.search !== null &&
        Object.values(item.search).every((part) => typeof part === "string"),
    );
  } catch {
    return [];
  }
}

/** One of the same name gives way. */
export function saveFilter(filter: SavedFilter): void {
  const others = savedFilters().filter(({ name }) => name !== filter.name);
  write([...others, filter].toSorted((a, b) => a.name.localeCompare(b.name)));
}

export function forgetFilter(name: string): void {
  write(savedFilters().filter((filter) => filter.name !== name));
}

function write(filters: readonly SavedFilter[]): void {
  localStorage.setItem(key, JSON.stringify(filters));
  for (const listener of Array.from(listeners)) listener();
}

export function useSavedFilters(): readonly SavedFilter[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    // Another tab saved one.
    window.addEventListener("storage", listener);
    return () => {
      listeners.delete(listener);
      window.removeEventListener("storage", listener);
    };
  }, savedFilters);
}
