import { problem, Reason } from "@limiquantix/api";

/** Gets small texts from the internet: lists of checksums. */
export interface Fetcher {
  /** Throws IMAGE_DOWNLOAD_FAILED. */
  text(url: string, signal: AbortSignal): Promise<string>;
}

const mostBytes = 1024 * 1024;

/** By the platform's own fetch; at most 1 MiB. */
export const webFetcher: Fetcher = {
  async text(url, signal) {
    const failed = (why: string, cause?: unknown) =>
      problem(Reason.IMAGE_DOWNLOAD_FAILED, { url, cause: why }, { cause });
    let response: Response;
    try {
      response = await fetch(url, { signal, redirect: "follow" });
    } catch (cause) {
      throw failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
    if (!response.ok) throw failed(`HTTP ${response.status}`);
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > mostBytes) throw failed("a list of checksums is not that long");
    }
    return text;
  },
};
