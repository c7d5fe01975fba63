import { describe, expect, it } from "vitest";
import { parseRoutes } from "../linux-host/routes.ts";
import { bridgeName, networkXml, readNetwork } from "./network-xml.ts";
import { freeSubnet, overlap, subnetOf } from "./subnet.ts";

const networkId = "01920000-0000-7000-8000-00000abcdef1";

describe("networkXml", () => {
  const nat = {
    networkId,
    bridge: bridgeName(networkId),
    nat: true,
    subnet: subnetOf("10.77.0.0/24"),
    dhcp: true,
    mtu: 0,
  };

  it("writes a NAT network", () => {
    expect(networkXml(nat)).toMatchInlineSnapshot(`
      "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
        <name>lqx0abcdef1</name>
        <uuid>01920000-0000-7000-8000-00000abcdef1</uuid>
        <forward mode='nat'/>
        <bridge name='lqx0abcdef1' stp='off' delay='0'/>
        <ip family='ipv4' address='10.77.0.1' prefix='24'>
          <dhcp>
            <range start='10.77.0.2' end='10.77.0.254'/>
          </dhcp>
        </ip>
        <dnsmasq:options>
          <dnsmasq:option value='dhcp-ignore-clid'/>
        </dnsmasq:options>
      </network>
      "
    `);
  });

  it.each([
    ["nat", nat],
    ["isolated", { ...nat, nat: false, dhcp: false, mtu: 9000 }],
    ["a bare bridge", { ...nat, nat: false, dhcp: false, subnet: undefined }],
    ["a high gateway", { ...nat, subnet: subnetOf("10.1.0.0/16", "10.1.255.254") }],
  ])("reads %s back as it was written", (_, network) => {
    expect(readNetwork(networkXml(network))).toEqual(network);
  });

  it("reads a network of somebody else", () => {
    const xml = `<network><name>default</name><uuid>${networkId}</uuid><forward mode='nat'/><bridge name='virbr0'/>
      <ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip></network>`;
    expect(readNetwork(xml).subnet?.cidr).toBe("192.168.122.0/24");
  });
});

describe("subnets", () => {
  it("gives the larger side of the gateway to the guests", () => {
    expect(subnetOf("10.0.0.0/29", "10.0.0.5")).toMatchObject({ firstGuest: "10.0.0.1", lastGuest: "10.0.0.4" });
    expect(subnetOf("192.168.4.77/22").cidr).toBe("192.168.4.0/22");
  });
  it.each(["", "x", "10.0.0.0/31", "10.0.0.0/33", "fd00::/64"])("refuses %j", (cidr) => {
    expect(() => subnetOf(cidr)).toThrow(/no IPv4 subnet/);
  });
  it.each(["10.0.1.1", "10.0.0.0", "10.0.0.255", "x"])("refuses gateway %s", (gateway) => {
    expect(() => subnetOf("10.0.0.0/24", gateway)).toThrow(/is not in/);
  });
  it("chooses what meets nothing", () => {
    expect(freeSubnet(["0.0.0.0/0", "10.77.0.0/23", "10.77.2.128/25"])?.cidr).toBe("10.77.3.0/24");
    expect(freeSubnet(["10.0.0.0/8"])).toBeUndefined();
    expect(overlap("10.0.0.0/24", "10.0.1.0/24")).toBe(false);
  });
});

describe("parseRoutes", () => {
  it("reads /proc/net/route", () => {
    const text = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100D50A	0003	0	0	100	00000000	0	0	0
eth0	0000D50A	00000000	0001	0	0	0	00FFFFFF	0	0	0
down	0000000A	00000000	0000	0	0	0	000000FF	0	0	0
`;
    expect(parseRoutes(text)).toEqual([
      { device: "eth0", destination: "0.0.0.0/0", metric: 100 },
      { device: "eth0", destination: "10.213.0.0/24", metric: 0 },
    ]);
  });
});
