import { isProblem, Reason } from "@limiquantix/api";
import { FakeClock } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { fullAccess } from "../access/access.ts";
import { ConsoleTickets, type ConsoleGrant } from "./tickets.ts";

const caller = { principal: { kind: "user" as const, id: "u", name: "ada", tokenId: "" }, access: fullAccess };
const plain = { viewOnly: false, sessionId: "s", linkId: "" };
const grant: ConsoleGrant = { vmId: "v", nodeId: "n", type: "SERIAL", user: "ada", caller, ...plain };
const isInvalid = (work: () => unknown) => {
  try {
    work();
    return false;
  } catch (error) {
    return isProblem(error, Reason.CONSOLE_TICKET_INVALID);
  }
};

test("a ticket is good once", () => {
  const tickets = new ConsoleTickets(new FakeClock());
  const { ticket } = tickets.issue(grant);
  expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(tickets.redeem(ticket)).toEqual(grant);
  expect(isInvalid(() => tickets.redeem(ticket))).toBe(true);
});

test("a ticket is good for a minute", async () => {
  const clock = new FakeClock();
  const tickets = new ConsoleTickets(clock);
  const [early, late] = [tickets.issue(grant).ticket, tickets.issue(grant).ticket];
  await clock.advance(59_999);
  expect(tickets.redeem(early)).toEqual(grant);
  await clock.advance(1);
  expect(isInvalid(() => tickets.redeem(late))).toBe(true);
});
