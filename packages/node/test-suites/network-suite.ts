import { create } from "@bufbuild/protobuf";
import { Reason, VirtualNetworkSpec_Type as Type } from "@limiquantix/api";
import { EnsureNetworkRequestSchema } from "@limiquantix/api/daemon";
import { newId } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NetworkBackend, PortRequest } from "../src/index.ts";
import { reasonOf } from "./until.ts";

export interface NetworkFixture {
  network: NetworkBackend;
  /** Ends the fixture and takes down the networks that the test made. */
  close(): Promise<void>;
}

/** What every NetworkBackend that makes NAT networks must do the same way. */
export function networkSuite(name: string, open: () => Promise<NetworkFixture>): void {
  describe(`NetworkBackend: ${name}`, () => {
    let fixture: NetworkFixture;
    let network: NetworkBackend;
    const request = () =>
      create(EnsureNetworkRequestSchema, { networkId: newId(), name: "default", spec: { type: Type.NAT } });
    const portOn = (networkId: string): PortRequest => ({
      networkId,
      vmId: newId(),
      nicId: "n0",
      macAddress: "52:54:00:12:34:56",
      hostname: "web-1",
    });

    beforeEach(async () => {
      fixture = await open();
      network = fixture.network;
    });

    afterEach(() => fixture.close());

    test("a NAT network has a bridge and a subnet with a gateway, the same ones each time", async () => {
      const wanted = request();
      const made = await network.ensureNetwork(wanted);
      expect(made).toMatchObject({ ready: true, errorMessage: "" });
      expect(made.bridge).not.toBe("");
      expect(made.ipv4Subnet).toMatch(/^\d+\.\d+\.\d+\.\d+\/\d+$/);
      expect(made.ipv4Gateway).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      const again = await network.ensureNetwork(wanted);
      expect([again.bridge, again.ipv4Subnet]).toEqual([made.bridge, made.ipv4Subnet]);
    });

    test("two networks do not share a bridge or a subnet", async () => {
      const [a, b] = [await network.ensureNetwork(request()), await network.ensureNetwork(request())];
      expect(a.bridge).not.toBe(b.bridge);
      expect(a.ipv4Subnet).not.toBe(b.ipv4Subnet);
    });

    test("ports are made and taken away, each as often as one likes", async () => {
      const wanted = request();
      const { bridge } = await network.ensureNetwork(wanted);
      const port = portOn(wanted.networkId);
      expect(await network.ensurePort(port)).toEqual({ bridge });
      expect(await network.ensurePort(port)).toEqual({ bridge });
      expect(await network.leases(wanted.networkId)).toEqual([]);
      await network.deletePort(port);
      await network.deletePort(port);
    });

    test("a port needs its network", async () => {
      const port = portOn(newId());
      expect(await reasonOf(network.ensurePort(port))).toBe(Reason.NETWORK_UNAVAILABLE);
      await network.deletePort(port);
      expect(await network.leases(port.networkId)).toEqual([]);
    });

    test("a type that it cannot make is refused as such", async () => {
      const wanted = { ...request(), spec: create(EnsureNetworkRequestSchema, { spec: { type: Type.OVERLAY } }).spec };
      expect(await reasonOf(network.ensureNetwork(wanted))).toBe(Reason.UNSUPPORTED);
    });
  });
}
