import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { InventoryService, SystemService } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answerMs, withTimeLimit } from "./server-transport.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => {});

/** A server that took the call and is silent from then on. */
const dead = withTimeLimit(
  createRouterTransport(({ service }) => {
    service(SystemService, { getSystemInfo: never });
    service(InventoryService, {
      async *watchInventory() {
        yield {};
        await never();
      },
    });
  }),
);

test("a call that nobody answers ends, a stream may be silent", async () => {
  const codes: Code[] = [];
  const noted = (error: unknown) => void codes.push(ConnectError.from(error).code);
  createClient(SystemService, dead).getSystemInfo({}).catch(noted);
  createClient(SystemService, dead).getSystemInfo({}, { timeoutMs: 5000 }).catch(noted);
  const stream = createClient(InventoryService, dead).watchInventory({})[Symbol.asyncIterator]();
  await stream.next();
  stream.next().catch(noted);
  await vi.advanceTimersByTimeAsync(5000);
  expect(codes).toEqual([Code.DeadlineExceeded]);
  await vi.advanceTimersByTimeAsync(answerMs);
  expect(codes).toEqual([Code.DeadlineExceeded, Code.DeadlineExceeded]);
});
