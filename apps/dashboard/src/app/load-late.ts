import { backoffMs } from "@limiquantix/kit";

const retry = { baseMs: 500, maxMs: 8000 };
/** Some five minutes: what does not come by then was taken away by an update of the server, and a reload brings it. */
const mostAttempts = 40;

/** Loads code that is needed later. What a broken connection keeps away is asked for again, until it comes. */
export async function loadLate<T>(load: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await load();
    } catch (error) {
      if (attempt === mostAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, retry)));
    }
  }
}
