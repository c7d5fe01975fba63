import { isProblem, Reason } from "@limiquantix/api";
import { expect, test } from "vitest";
import { webSocketFailure } from "./web-socket-failure.ts";
import { webSocketUrl } from "./web-socket-url.ts";

test("a console is at the address that we know the server by", () => {
  expect(webSocketUrl("http://10.0.0.1:8080", "/console/abc?x=1")).toBe("ws://10.0.0.1:8080/console/abc?x=1");
  expect(webSocketUrl("https://dc.example", "/console/abc")).toBe("wss://dc.example/console/abc");
});

test("why a console ended", () => {
  expect(webSocketFailure(1000, "")).toBeUndefined();
  expect(isProblem(webSocketFailure(401, ""), Reason.CONSOLE_TICKET_INVALID)).toBe(true);
  expect(webSocketFailure(1011, "the VM stopped")?.message).toContain("the VM stopped");
  expect(webSocketFailure(502, '{"code":"unavailable","message":"host-1 is gone"}')?.message).toContain(
    "host-1 is gone",
  );
});
