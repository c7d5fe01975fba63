import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  NfsConfig_Access,
  IscsiConfig_Mode,
  type PoolThresholds,
  type PoolThresholdsSchema,
  type StoragePoolSpecSchema,
} from "@limiquantix/api";
import { UsageError } from "../../usage-error.ts";
import type { ReachFlags, ThresholdFlags } from "./flags.ts";

type SpecInit = MessageInitShape<typeof StoragePoolSpecSchema>;
export type PoolConfig = NonNullable<SpecInit["config"]>;
/** What the API says in its own words where it is not told by a flag: empty. */
const none = "";

export interface LocalFlags {
  path: string;
}

export interface NfsFlags extends ReachFlags {
  userspace?: boolean;
}

export interface RbdFlags extends ReachFlags {
  monitor: string[];
  pool: string;
  namespace?: string;
  user?: string;
  feature?: string[];
}

export interface IscsiFlags extends ReachFlags {
  portal: string[];
  target: string;
  lun: number;
  shared?: boolean;
  initialize?: boolean;
}

export interface LinstorFlags extends ReachFlags {
  controller: string[];
  resourceGroup: string;
}

export function localConfig({ path }: LocalFlags): PoolConfig {
  return { case: "localDir", value: { path } };
}

export function nfsConfig(source: string, flags: NfsFlags): PoolConfig {
  const { version = none, options = none, userspace } = flags;
  const access = userspace ? NfsConfig_Access.USERSPACE : NfsConfig_Access.MOUNT;
  return { case: "nfs", value: { ...parseExport(source), version, options, access } };
}

/** `10.0.0.5:/srv/vms`, `[fd00::5]:/srv/vms`. Pure. */
export function parseExport(source: string): { server: string; export: string } {
  const match = /^(?:\[([^\]]+)\]|([^:/]+)):(\/.*)$/.exec(source);
  if (!match) throw new UsageError(`${JSON.stringify(source)} is no NFS export`, "Write it as SERVER:/PATH.");
  return { server: match[1] ?? match[2] ?? "", export: match[3] ?? "" };
}

/** `secret` is the key, or a keyring that has it. */
export function rbdConfig(flags: RbdFlags, secret = none): PoolConfig {
  const { pool, namespace = none, feature = [] } = flags;
  const ring = parseKeyring(secret);
  const user = (flags.user ?? ring.user).replace(/^client\./, "");
  const monitors = withPorts(flags.monitor, 3300);
  const imageFeatures = feature.flatMap((text) => text.split(","));
  return { case: "rbd", value: { monitors, pool, namespace, user, key: ring.key, imageFeatures } };
}

export function iscsiConfig(flags: IscsiFlags, secret = none): PoolConfig {
  const { target, lun, chapUser = none, shared, initialize = false } = flags;
  const mode = shared ? IscsiConfig_Mode.SHARED_LVM : IscsiConfig_Mode.LVM_THIN;
  const portals = withPorts(flags.portal, 3260);
  return { case: "iscsi", value: { portals, target, lun, chapUser, chapPassword: secret, mode, initialize } };
}

export function linstorConfig({ controller, resourceGroup }: LinstorFlags, secret = none): PoolConfig {
  return { case: "linstor", value: { controllers: controllersOf(controller), resourceGroup, token: secret } };
}

/** The key as it is, or that of a file as `ceph auth get client.lqx` writes it. Pure. */
export function parseKeyring(text: string): { user: string; key: string } {
  const key = /^\s*key\s*=\s*(\S+)\s*$/m.exec(text)?.[1];
  if (!key) return { user: none, key: text };
  if ([...text.matchAll(/^\s*key\s*=/gm)].length > 1)
    throw new UsageError("the keyring has the keys of several users", "Give one with `ceph auth get client.NAME`.");
  return { user: /^\s*\[client\.(.+)\]\s*$/m.exec(text)?.[1] ?? none, key };
}

/** `10.0.0.1`, `ceph-1:6789`, `[fd00::1]`, with commas or one by one; the port where none is told. Pure. */
export function withPorts(texts: readonly string[], port: number): string[] {
  return split(texts).map((text) => (/(^[^:]+|\]):[0-9]+$/.test(text) ? text : `${bracketed(text)}:${port}`));
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

function controllersOf(urls: readonly string[]): string[] {
  return split(urls).map((url) => (url.includes("://") ? url : `http://${withPorts([url], 3370).join()}`));
}

function split(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(",")).map((text) => text.trim());
}

/** What it was, with what flags change; undefined where none does. Pure. */
export function thresholdsFrom(
  before: PoolThresholds | undefined,
  { warnAt, stopAt, overcommit }: ThresholdFlags,
): MessageInitShape<typeof PoolThresholdsSchema> | undefined {
  if (warnAt === undefined && stopAt === undefined && overcommit === undefined) return undefined;
  return {
    warnPercent: warnAt ?? before?.warnPercent ?? 0,
    stopPercent: stopAt ?? before?.stopPercent ?? 0,
    overcommitPercent: overcommit ?? before?.overcommitPercent ?? 0,
  };
}

/** The parts of a pool's settings that flags change, and the paths that name them. Throws for flags of another kind. Pure. */
export function changedConfig(
  config: { case: string | undefined; value?: unknown },
  flags: ReachFlags,
  secret: string | undefined,
): { config: PoolConfig | undefined; paths: string[] } {
  const { version, options, monitor, portal, chapUser, controller } = flags;
  const byKind: Record<string, Record<string, unknown>> = {
    nfs: { version, options },
    rbd: { monitors: monitor && withPorts(monitor, 3300), key: undefined },
    iscsi: { portals: portal && withPorts(portal, 3260), chapUser, chapPassword: undefined },
    linstor: { controllers: controller && controllersOf(controller), token: undefined },
  };
  const kind = config.case ?? "";
  if (secret !== undefined) {
    if (kind === "rbd") byKind["rbd"] = { ...byKind["rbd"], key: parseKeyring(secret).key };
    if (kind === "iscsi") byKind["iscsi"] = { ...byKind["iscsi"], chapPassword: secret };
    if (kind === "linstor") byKind["linstor"] = { ...byKind["linstor"], token: secret };
  }
  for (const [other, fields] of Object.entries(byKind)) {
    if (other !== kind && Object.values(fields).some((value) => value !== undefined))
      throw new UsageError(
        `a pool of ${kind || "its host"} has no such settings`,
        "See --help: each says whose it is.",
      );
  }
  const given = Object.entries(byKind[kind] ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 0) return { config: undefined, paths: [] };
  const value = { ...(config.value as object), ...Object.fromEntries(given) };
  return { config: { case: kind, value } as PoolConfig, paths: given.map(([key]) => `spec.${kind}.${key}`) };
}
