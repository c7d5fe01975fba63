import { create } from "@bufbuild/protobuf";
import { VirtualNetworkSchema, VirtualNetworkSpec_Type, VirtualNetworkStatus_Phase } from "@limiquantix/api";
import { expect, test } from "vitest";
import { describeNetwork } from "./view.ts";

test("a network shows its bridge and subnet on each host, or why a host has none", () => {
  const network = create(VirtualNetworkSchema, {
    name: "default",
    spec: { type: VirtualNetworkSpec_Type.NAT },
    status: {
      phase: VirtualNetworkStatus_Phase.READY,
      hosts: [
        { nodeId: "1", bridge: "lqxbr0", ipv4Subnet: "10.77.0.0/24", ready: true },
        { nodeId: "2", errorMessage: "no subnet is free" },
      ],
    },
  });
  expect(describeNetwork(network, (id) => `host-${id}`).slice(-2)).toEqual([
    "On host-1: lqxbr0 10.77.0.0/24 ready",
    "On host-2: no subnet is free",
  ]);
});
