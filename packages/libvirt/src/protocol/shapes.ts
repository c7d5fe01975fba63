import { fixedOpaque, int, string, struct, uint, withDefault } from "../xdr/types.ts";
import type { Decoded } from "../xdr/types.ts";

/** 16 bytes; see `uuidToString` and `uuidFromString`. */
const uuid = fixedOpaque(16);

/** Bit flags; 0 when left out. */
export const flags = withDefault(uint, 0);

/** Calls that list either answer the items or, with 0, only their number. */
export const needResults = withDefault(int, 1);

/** `id` is the running domain's number, −1 when it is off; libvirtd looks domains up by `uuid`. */
export const domain = struct({ name: string, uuid, id: withDefault(int, -1) });
export const network = struct({ name: string, uuid });
export const networkPort = struct({ net: network, uuid });
export const storagePool = struct({ name: string, uuid });
export const storageVol = struct({ pool: string, name: string, key: string });
export const nodeDevice = struct({ name: string });
export const secret = struct({ uuid, usageType: int, usageID: string });
export const snapshot = struct({ name: string, dom: domain });
export const checkpoint = struct({ name: string, dom: domain });
export const nwfilter = struct({ name: string, uuid });
export const hostInterface = struct({ name: string, mac: string });

export type DomainRef = Decoded<typeof domain>;
export type NetworkRef = Decoded<typeof network>;
export type StoragePoolRef = Decoded<typeof storagePool>;
export type StorageVolRef = Decoded<typeof storageVol>;
export type NodeDeviceRef = Decoded<typeof nodeDevice>;
export type SecretRef = Decoded<typeof secret>;
export type SnapshotRef = Decoded<typeof snapshot>;
export type CheckpointRef = Decoded<typeof checkpoint>;
