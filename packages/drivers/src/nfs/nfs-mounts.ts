import { type NfsConfig, problem, Reason, StoragePoolSpec_Backend } from "@limiquantix/api";
import type { StoragePoolSpec } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { FilePool } from "../file-pool/file-pool.ts";
import { takeIntoUse } from "../file-pool/local-dir.ts";
import { poolFailure } from "../file-pool/pool-failure.ts";
import { checkedId } from "../file-pool/pool-paths.ts";
import { makeDirectory } from "../files/make-directory.ts";
import type { Opened } from "../remote-backend/backend-host.ts";
import { type Mount, mount, mountedAt, unmount } from "./mount.ts";
import { mountOptions } from "./mount-options.ts";

export interface NfsMountsOptions {
  /** This host's id. */
  host: string;
  /** The directory that mounts are made in, each under its pool's id. */
  mounts: string;
  clock: Clock;
  log: Log;
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

/**
 * NFS exports that this host's kernel mounts, with pools of files on them. What opens them waits for the server as long as
 * the server likes: it belongs in a process of its own.
 */
export class NfsMounts {
  readonly #options: NfsMountsOptions;

  constructor(options: NfsMountsOptions) {
    this.#options = options;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<Opened> {
    const config = configOf(pool, spec);
    const { host, mounts, clock, log, secretFile } = this.#options;
    const root = mountOf(mounts, pool);
    await ensureMounted(pool, root, config);
    try {
      await takeIntoUse(pool, root);
    } catch (error) {
      throw await poolFailure(error, { pool, root, neededBytes: 0 });
    }
    const backend = await FilePool.open({
      pool,
      root,
      backend: StoragePoolSpec_Backend.NFS,
      capabilities: { shared: true, unsupported: { shared: "" }, note: noteOn(config) },
      sharedAs: asUuid(host),
      clock,
      log,
      secretFile,
    });
    return { backend, probe: async () => void (await statfs(root)) };
  }
}

/** What names files in a pool is a UUID; a host's id may be anything. */
export function asUuid(host: string): string {
  const hex = createHash("sha256").update(host).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

export function mountOf(mounts: string, pool: string): string {
  return join(mounts, checkedId(pool, "pool_id"));
}

/** The spec's own part of it; POOL_UNAVAILABLE where there is none. */
export function configOf(pool: string, spec: StoragePoolSpec): NfsConfig {
  if (spec.config.case !== "nfs")
    throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: "nothing says which export it is" });
  return spec.config.value;
}

async function ensureMounted(pool: string, directory: string, config: NfsConfig): Promise<void> {
  const { server, version } = config;
  const options = mountOptions(version, config.options);
  const path = config.export.replace(/(?<=.)\/+$/, "");
  const source = `${server.includes(":") ? `[${server}]` : server}:${path}`;
  const there = mountedAt(directory);
  if (there && isIt(there, source, version)) return;
  if (there && !(await unmount(directory)))
    throw problem(Reason.POOL_UNAVAILABLE, {
      pool,
      cause: `${there.source} (${versionOf(there) ?? there.type}) is mounted at ${directory} and in use, not ${source}${version && ` (${version})`}`,
    });
  await makeDirectory(directory, 0o711);
  await mount(pool, { source, directory, options });
  const now = mountedAt(directory);
  if (!now || !isIt(now, source, version))
    throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: `${source} was mounted at ${directory} and is not there` });
}

function isIt(found: Mount, source: string, version: string): boolean {
  if (!/^nfs4?$/.test(found.type) || found.source.replace(/(?<=:\/.*)\/+$/, "") !== source) return false;
  return version === "" || versionOf(found) === version;
}

function versionOf({ options }: Mount): string | undefined {
  return options.find((option) => option.startsWith("vers="))?.slice("vers=".length);
}

function noteOn({ version }: NfsConfig): string {
  return version === "3"
    ? "locks of NFSv3 outlive a host that dies until its statd is back: NFSv4 gives them up by itself"
    : "";
}
