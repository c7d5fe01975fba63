/** What one caller may take of the HTTP edge. The node's own parsers do the rest: see SECURITY.md. */

const mib = 1024 * 1024;

/** The largest request message, decompressed: specs with cloud-init are far below it. */
export const messageBytes = mib;
/** Of the methods that carry bulk: an upload comes in chunks below it. */
export const bulkMessageBytes = 8 * mib;
export const bulkMethods: ReadonlySet<string> = new Set(["limiquantix.storage.v1.ImageService/UploadImage"]);

/** The deepest of our messages has 9 levels; a filter of JSON that is deeper is not ours. */
export const jsonDepth = 64;

/** A request that is no stream has arrived by then: at least 34 KiB/s for the largest. */
export const bodyMs = 30_000;
/** The longest silence in the middle of an upload, while we wait for it. */
export const uploadIdleMs = 120_000;
/** What a client may go on to send after its answer, before it is cut off. */
export const lingerMs = 2000;

export const urlBytes = 8192;

/** All in all, and from one address; --listen on loopback sees a proxy as one address. */
export const connectionsMost = 20_000;
export const connectionsPerAddress = 2000;

/** node:http, beyond its strict parser: 431 for larger headers, 408 for slow ones, none of the headers dropped. */
export const http1Limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
  // Bodies have deadlines of their own: streams may be open for days.
  requestTimeout: 0,
  insecureHTTPParser: false,
  requireHostHeader: true,
};
export const maxHeadersCount = 200;

/**
 * node:http2. nghttp2 itself bounds CONTINUATION frames, queued PING and SETTINGS acknowledgements, and rapid resets
 * (CVE-2023-44487: a burst of `streamResetBurst`, then `streamResetRate` a second, then GOAWAY).
 */
export const http2Limits = {
  settings: { maxConcurrentStreams: 256, initialWindowSize: mib, maxHeaderListSize: 16 * 1024, enablePush: false },
  maxSettings: 16,
  maxOutstandingPings: 10,
  maxOutstandingSettings: 10,
  maxHeaderListPairs: 200,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxSessionMemory: 32,
  streamResetBurst: 1000,
  streamResetRate: 100,
};
