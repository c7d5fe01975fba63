import type { CloudInit, NetworkInterface } from "@limiquantix/api";
import { parseYamlMap, printYaml } from "./yaml.ts";

/**
 * The seed's network-config, version 2: DHCP on each interface, found by its MAC address, unless one is given.
 * No `to: default` is ever written in a route, because cloud-init 22.4 (Debian 12) rejects it; one that is given
 * becomes 0.0.0.0/0 or ::/0. Pure.
 */
export function renderNetworkConfig(cloudInit: CloudInit, nics: readonly NetworkInterface[]): string {
  if (cloudInit.networkConfig) {
    const given = parseYamlMap(cloudInit.networkConfig, "network-config");
    const inner = given["network"];
    const config = typeof inner === "object" && inner !== null ? { ...inner } : given;
    return printYaml({ version: 2, ...(spellOutDefaults(config) as object) });
  }
  const ethernets = Object.fromEntries(
    nics.map((nic, index) => [
      `nic${index}`,
      {
        match: { macaddress: nic.macAddress.toLowerCase() },
        dhcp4: true,
        // networkd's usual one comes of the machine-id, which a clone has from its source until this has run: the DHCP
        // server would give it its source's address.
        "dhcp-identifier": "mac",
        // Boot does not wait for a cable that is not plugged in.
        ...(nic.disconnected ? { optional: true } : {}),
      },
    ]),
  );
  return printYaml({ version: 2, ethernets });
}

function spellOutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spellOutDefaults);
  if (typeof value !== "object" || value === null) return value;
  const map = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spellOutDefaults(inner)]));
  if (map["to"] === "default") map["to"] = String(map["via"]).includes(":") ? "::/0" : "0.0.0.0/0";
  return map;
}
