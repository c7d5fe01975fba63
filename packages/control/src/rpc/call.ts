/** Who makes a call, and under which id its traces are found. */
export interface Call {
  principal: Principal;
  requestId: string;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
}

export type Principal =
  | { kind: "user"; id: string; name: string; administrator: boolean; tokenId: string }
  /** A host's daemon; `id` is its node id. */
  | { kind: "node"; id: string; name: string }
  /** Calls that need no token: Login, RegisterNode with a join token, health. */
  | { kind: "nobody"; id: ""; name: "nobody" };
