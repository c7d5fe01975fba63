/** Every item of a paged list, or the first `limit`. `fetch` gets a page's token, which is empty for the first. */
export async function allPages<Item>(
  fetch: (pageToken: string) => Promise<{ items: Item[]; nextPageToken: string }>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const items: Item[] = [];
  let pageToken = "";
  do {
    const page = await fetch(pageToken);
    items.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && items.length < limit);
  return items.slice(0, limit);
}

/** Rows in one answer; the server's ceiling is 1000. */
export const pageSize = 500;
