import { invalid } from "@limiquantix/api";

export interface Page<T> {
  items: T[];
  /** Empty on the last page. */
  nextPageToken: string;
  totalCount: number;
}

/**
 * One page of a list in id order. The token is the last id of the page before: objects that come or go between two
 * pages make none of the others appear twice or not at all.
 */
export function pageOf<T extends { id: string }>(
  items: readonly T[],
  query: { pageSize: number; pageToken: string; defaultSize?: number },
): Page<T> {
  const size = query.pageSize || (query.defaultSize ?? 50);
  if (query.pageToken && !/^[A-Za-z0-9-]{1,64}$/.test(query.pageToken)) {
    throw invalid([{ field: "pageToken", message: "is not one that a list answered" }]);
  }
  const behind = query.pageToken ? items.findIndex((item) => item.id > query.pageToken) : 0;
  const page = behind < 0 ? [] : items.slice(behind, behind + size);
  const more = behind >= 0 && behind + size < items.length;
  return { items: page, nextPageToken: more ? (page.at(-1)?.id ?? "") : "", totalCount: items.length };
}
