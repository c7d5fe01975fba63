import { NetworkInterface_Model } from "@limiquantix/api";
import type { NicAttachment } from "@limiquantix/node";
import { el, type XmlElement } from "../../xml/element.ts";
import type { KeptDevice } from "./domain-host.ts";

const MODELS: Readonly<Record<NetworkInterface_Model, string>> = {
  [NetworkInterface_Model.MODEL_UNKNOWN]: "virtio",
  [NetworkInterface_Model.VIRTIO_NET]: "virtio",
  [NetworkInterface_Model.E1000]: "e1000",
  [NetworkInterface_Model.E1000E]: "e1000e",
  [NetworkInterface_Model.VMXNET3]: "vmxnet3",
};

export function interfaceElement(
  { nic, bridge }: NicAttachment,
  place: { alias: string; bootOrder: number | undefined; kept: KeptDevice | undefined },
): XmlElement {
  const { alias, bootOrder, kept } = place;
  return el(
    "interface",
    { type: "bridge" },
    el("mac", { address: nic.macAddress.toLowerCase() }),
    el("source", { bridge }),
    el("model", { type: MODELS[nic.model] }),
    el("link", { state: nic.disconnected ? "down" : "up" }),
    bootOrder === undefined ? undefined : el("boot", { order: bootOrder }),
    el("alias", { name: alias }),
    kept?.address && el("address", kept.address),
  );
}
