import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { access } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { ifExists } from "../files/errno.ts";
import { LinstorError } from "./api-call-rc.ts";
import type { LinstorClient } from "./linstor-client.ts";
import { waitUntil } from "./wait-until.ts";

interface WireNode {
  name: string;
  connection_status?: string;
  net_interfaces?: { address: string }[];
}

interface WireResource {
  name: string;
  node_name: string;
  flags?: string[];
  state?: { in_use?: boolean };
  volumes?: {
    provider_kind?: string;
    device_path?: string;
    allocated_size_kib?: number;
    state?: { disk_state?: string };
  }[];
}

interface WirePool {
  storage_pool_name: string;
  node_name: string;
  provider_kind: string;
  free_capacity?: number;
  total_capacity?: number;
  free_space_mgr_name?: string;
  supports_snapshots?: boolean;
}

interface WireGroup {
  select_filter?: {
    place_count?: number;
    storage_pool?: string;
    storage_pool_list?: string[];
    node_name_list?: string[];
    provider_list?: string[];
  };
}

/** A definition on a node. */
export interface Place {
  name: string;
  node: string;
  /** Reached over the network only. */
  isDiskless: boolean;
  /** LINSTOR's own, for the quorum of two replicas; one who deletes it switches that off for the definition. */
  isTieBreaker: boolean;
  isInUse: boolean;
  device: string;
  allocatedBytes: number | undefined;
}

/** What the resource group places volumes on, together. */
export interface Room {
  totalBytes: number;
  freeBytes: number;
  isThin: boolean;
  hasSnapshots: boolean;
}

const KIB = 1024;
const THIN = new Set(["LVM_THIN", "ZFS_THIN", "FILE_THIN"]);
const DEVICE_MS = 60_000;

/** Where the definitions are. */
export class Places {
  readonly #client: LinstorClient;
  readonly #clock: Clock;
  readonly node: string;

  constructor(options: { client: LinstorClient; clock: Clock; node: string }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.node = options.node;
  }

  async list(...names: string[]): Promise<Place[]> {
    const query = names.length > 0 ? `?${names.map((name) => `resources=${name}`).join("&")}` : "";
    const all = await this.#client.get<WireResource[]>(`/v1/view/resources${query}`);
    return all.filter(({ flags = [] }) => !flags.includes("DELETE")).map(place);
  }

  /** Makes it reachable from this node, by a replica that is here or over the network, and answers its device. */
  async available(name: string): Promise<string> {
    await this.#client.change("POST", `/v1/resource-definitions/${name}/resources/${this.node}/make-available`, {});
    const tooSlow = `its device is not there: look at drbdadm status ${name} on this host`;
    return waitUntil(this.#clock, { limitMs: DEVICE_MS, tooSlow }, async () => {
      const here = (await this.list(name)).find(({ node }) => node === this.node);
      if (!here?.device) return undefined;
      const { device } = here;
      return ifExists(access(device).then(() => device));
    });
  }

  /** Of a replica or a tie breaker that is here nothing changes. */
  async leave(place: Place): Promise<void> {
    if (!place.isDiskless || place.isTieBreaker || place.isInUse) return;
    try {
      await this.#client.change("DELETE", `/v1/resource-definitions/${place.name}/resources/${this.node}`);
    } catch (error) {
      if (!(error instanceof LinstorError) || error.status !== 404) throw error;
    }
  }
}

/** What the group's rules say of its nodes' pools. POOL_UNAVAILABLE: there is no such group. */
export async function roomOf(client: LinstorClient, pool: string, group: string): Promise<Room> {
  const [found, all] = await Promise.all([
    client.find<WireGroup>(`/v1/resource-groups/${group}`),
    client.get<WirePool[]>("/v1/view/storage-pools"),
  ]);
  if (!found) throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: `the controller has no resource group ${group}` });
  const filter = found.select_filter ?? {};
  const isAllowed = (wanted: readonly string[] | undefined, one: string) =>
    !wanted?.length || wanted.some((name) => name.toLowerCase() === one.toLowerCase());
  const names = filter.storage_pool_list ?? (filter.storage_pool ? [filter.storage_pool] : []);
  const pools = all.filter(
    (one) =>
      one.provider_kind !== "DISKLESS" &&
      isAllowed(names, one.storage_pool_name) &&
      isAllowed(filter.node_name_list, one.node_name) &&
      isAllowed(filter.provider_list, one.provider_kind),
  );
  if (pools.length === 0)
    throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: `no storage pool is fit for the resource group ${group}` });
  // Several nodes may reach the same shared space.
  const spaces = new Map(
    pools.map((one) => [one.free_space_mgr_name ?? `${one.node_name};${one.storage_pool_name}`, one]),
  );
  const sum = (key: "total_capacity" | "free_capacity") =>
    [...spaces.values()].reduce((total, one) => total + (one[key] ?? 0), 0) * KIB;
  const copies = Math.max(1, filter.place_count ?? 2);
  return {
    totalBytes: Math.floor(sum("total_capacity") / copies),
    freeBytes: Math.floor(sum("free_capacity") / copies),
    isThin: pools.every((one) => THIN.has(one.provider_kind)),
    hasSnapshots: pools.every((one) => one.supports_snapshots === true),
  };
}

/** How the controller calls this host: by its hostname, else by an address that both know. */
export async function nodeOfThisHost(client: LinstorClient, pool: string): Promise<string> {
  const nodes = await client.get<WireNode[]>("/v1/nodes");
  const own = hostname().toLowerCase();
  const addresses = new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((one) => !one.internal).map((one) => one.address),
    ),
  );
  const found =
    nodes.find(({ name }) => name.toLowerCase() === own) ??
    nodes.find(({ name }) => name.toLowerCase().split(".")[0] === own.split(".")[0]) ??
    nodes.find(({ net_interfaces = [] }) => net_interfaces.some(({ address }) => addresses.has(address)));
  if (found) return found.name;
  const known = nodes.map(({ name }) => name).join(", ") || "none";
  const cause = `this host (${hostname()}) is no node of the controller, which knows ${known}: add it with linstor node create`;
  throw problem(Reason.POOL_UNAVAILABLE, { pool, cause });
}

function place({ name, node_name, flags = [], state, volumes = [] }: WireResource): Place {
  const volume = volumes[0];
  const isDiskless = flags.some((flag) => flag === "DISKLESS" || flag === "DRBD_DISKLESS");
  const allocated = volume?.allocated_size_kib;
  return {
    name,
    node: node_name,
    isDiskless,
    isTieBreaker: flags.includes("TIE_BREAKER"),
    isInUse: state?.in_use === true,
    device: volume?.device_path ?? "",
    allocatedBytes: isDiskless || allocated === undefined || allocated < 0 ? undefined : allocated * KIB,
  };
}
