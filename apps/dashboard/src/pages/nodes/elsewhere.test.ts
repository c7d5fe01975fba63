import { create } from "@bufbuild/protobuf";
import { WhyNotResponseSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { elsewhere } from "./elsewhere.ts";

const objection = (message: string) => [{ filter: "memory", message }];

test("the best other host is named, not the one that the VM is on", () => {
  const answer = create(WhyNotResponseSchema, {
    hosts: [
      { nodeId: "a", hostname: "host-a", fits: true, score: 1 },
      { nodeId: "b", hostname: "host-b", fits: true, score: 0.2 },
      { nodeId: "c", hostname: "host-c", fits: true, score: 0.7 },
    ],
  });
  expect(elsewhere(answer, "a")).toEqual({ host: "host-c", why: "" });
});

test("where none fits, the objection of most is told", () => {
  const answer = create(WhyNotResponseSchema, {
    hosts: [
      { nodeId: "a", hostname: "host-a", fits: true, score: 1 },
      { nodeId: "b", hostname: "host-b", objections: objection("too little memory") },
      { nodeId: "c", hostname: "host-c", objections: objection("is not ready") },
      { nodeId: "d", hostname: "host-d", objections: objection("too little memory") },
    ],
  });
  expect(elsewhere(answer, "a")).toEqual({ why: "too little memory" });
});
