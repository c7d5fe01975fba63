import {
  ImageStatus_Phase,
  VolumeStatus_Phase,
  type Image,
  type Node,
  type StoragePool,
  type VirtualNetwork,
  type Volume,
} from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import { strings } from "../../../strings/index.ts";
import { memory } from "../../../ui/units.ts";
import { poolHas } from "../../pools/pool-choice.ts";
import { homeNode } from "../../volumes/home-node.ts";
import { parseLabels } from "../labels.ts";
import type { Draft, Step } from "./draft.ts";
import { checkKeys } from "./ssh-keys.ts";
import type { UserDataFault } from "./user-data.ts";

/** What is wrong with one field; `field` is the name of its control on the page. */
export interface Fault {
  step: Step;
  field: string;
  message: string;
}

type ById<Row> = ReadonlyMap<string, Row>;

/** What the draft refers to, as the inventory has it now. */
export interface DraftContext {
  images: ById<Image>;
  networks: ById<VirtualNetwork>;
  pools: ById<StoragePool>;
  nodes: ById<Node>;
  volumes: ById<Volume>;
  userDataFault: UserDataFault | undefined;
}

const s = strings.createVm;

/** All that is wrong with a draft, in the order of the steps. The server decides again. */
export function faultsOf(draft: Draft, context: DraftContext): Fault[] {
  return [
    ...sourceFaults(draft, context),
    ...nameFaults(draft),
    ...resourceFaults(draft, context),
    ...networkFaults(draft, context),
    ...accessFaults(draft, context),
    ...placementFaults(draft, context),
  ];
}

function sourceFaults({ source, imageId, isoId }: Draft, { images }: DraftContext): Fault[] {
  if (source === "empty") return [];
  const [field, id, choose] =
    source === "image" ? ["imageId", imageId, s.source.chooseImage] : ["isoId", isoId, s.source.chooseIso];
  if (!id) return [{ step: "source", field, message: choose }];
  const ready = images.get(id)?.status?.phase === ImageStatus_Phase.READY;
  return ready ? [] : [{ step: "source", field, message: s.source.gone }];
}

function nameFaults(draft: Draft): Fault[] {
  const faults: Fault[] = [];
  const name = draft.name.trim();
  const message =
    name === ""
      ? s.name.nameNeeded
      : name.length > 63
        ? s.name.nameLong
        : /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(name)
          ? undefined
          : s.name.nameForm;
  if (message) faults.push({ step: "name", field: "name", message });
  const labels = parseLabels(draft.labels);
  if ("fault" in labels) faults.push({ step: "name", field: "labels", message: labels.fault });
  return faults;
}

function resourceFaults(draft: Draft, { images, pools, volumes }: DraftContext): Fault[] {
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ step: "resources", field, message });
  const { cores, memoryMib, disks, volumeIds } = draft;
  const image = draft.source === "image" ? images.get(draft.imageId) : undefined;
  if (!within(cores, 1, 512)) add("cores", s.resources.coresWrong);
  const needed = Number(image?.spec?.requirements?.minMemoryMib ?? 0n);
  if (!within(memoryMib, 16, 16_777_216)) add("memoryMib", s.resources.memoryWrong);
  else if (memoryMib < needed) add("memoryMib", s.resources.memoryNeeded(memory(needed)));
  for (const [i, { sizeGib, poolId }] of disks.entries()) {
    const smallest = i === 0 && image ? smallestDiskGib(image) : 1;
    if (!within(sizeGib, 1, 65_536)) add(`disks.${i}.sizeGib`, s.resources.sizeWrong);
    else if (sizeGib < smallest) add(`disks.${i}.sizeGib`, s.resources.sizeSmall(smallest));
    if (poolId && !pools.has(poolId)) add(`disks.${i}.poolId`, s.resources.noPool);
  }
  for (const [i, id] of volumeIds.entries()) {
    const volume = volumes.get(id);
    const free = volume?.status?.phase === VolumeStatus_Phase.READY && volume.projectId === draft.projectId;
    if (!free) add(`volumes.${i}`, id === "" ? s.resources.chooseVolume : s.resources.volumeTaken);
  }
  return faults;
}

function networkFaults({ nics }: Draft, { networks }: DraftContext): Fault[] {
  const seen = new Set<string>();
  return nics.flatMap(({ networkId, macAddress }, i) => {
    const faults: Fault[] = [];
    const add = (field: string, message: string) =>
      faults.push({ step: "network", field: `nics.${i}.${field}`, message });
    if (networkId && !networks.has(networkId)) add("networkId", s.network.gone);
    const mac = macAddress.trim().toLowerCase();
    if (mac && !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) add("macAddress", s.network.macWrong);
    else if (mac && seen.has(mac)) add("macAddress", s.network.macTwice);
    seen.add(mac);
    return faults;
  });
}

const fewestCharacters = 8;

function accessFaults(draft: Draft, { userDataFault }: DraftContext): Fault[] {
  if (draft.source !== "image") return [];
  const faults: Fault[] = [];
  const add = (field: string, message: string) => faults.push({ step: "access", field, message });
  const { username, password, confirmation, sshKeys } = draft;
  if (!/^([a-z_][a-z0-9_-]{0,31})?$/.test(username.trim())) add("username", s.access.userWrong);
  const length = [...password].length;
  // oxlint-disable-next-line no-control-regex -- neither a login prompt nor YAML carries them
  if (/[\u0000-\u001f\u007f]/.test(password)) add("password", s.access.passwordControl);
  else if (length > 0 && length < fewestCharacters) add("password", s.access.passwordShort(length));
  if (password !== confirmation) add("confirmation", s.access.differ);
  for (const [i, { fault }] of checkKeys(sshKeys).entries()) {
    if (fault) add(`sshKeys.${i}`, s.access.keyFault(fault));
  }
  if (userDataFault) add("userData", `${s.access.line(userDataFault.line)}: ${userDataFault.message}`);
  return faults;
}

function placementFaults({ nodeId, volumeIds }: Draft, { nodes, volumes, pools }: DraftContext): Fault[] {
  const fault = (message: string): Fault => ({ step: "placement", field: "nodeId", message });
  if (nodeId && !nodes.has(nodeId)) return [fault(s.placement.hostGone)];
  // The volumes come to the VM: it has to be where they can be reached.
  return volumeIds.flatMap((id) => {
    const volume = volumes.get(id);
    const pool = pools.get(volume?.spec?.storagePoolId ?? "");
    if (!volume || !pool) return [];
    const home = homeNode(volume, pool, undefined);
    const reaches = (host: string) => poolHas(pool, host) && (home === "" || home === host);
    if (nodeId) return reaches(nodeId) ? [] : [fault(s.placement.volumeAway(volume.name, pool.name))];
    return [...nodes.keys()].every(reaches) ? [] : [fault(s.placement.volumeHost(volume.name, pool.name))];
  });
}

/** Whole GiB that hold the image and what its publisher says it needs, as the control plane counts them. */
export function smallestDiskGib({ status, spec }: Image): number {
  const holds = Math.max(1, Math.ceil(Number(status?.virtualSizeBytes ?? 0n) / GIB));
  return Math.max(holds, Number(spec?.requirements?.minDiskGib ?? 0n));
}

/** How one gets in, in words, by what is good so far; empty: nobody does. */
export function waysIn(draft: Draft, imageUser: string): string[] {
  const user = draft.username.trim() || imageUser || s.access.imageUser;
  const hasPassword = [...draft.password].length >= fewestCharacters && draft.password === draft.confirmation;
  const keys = checkKeys(draft.sshKeys).filter(({ type }) => type).length;
  return [
    ...(hasPassword ? [s.access.waysPassword(user)] : []),
    ...(keys > 0 ? [s.access.waysKeys(keys, user)] : []),
    ...(draft.userData.trim() ? [s.access.waysUserData] : []),
  ];
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
