import { readFile } from "node:fs/promises";
import { ImageSpec_Format } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { isMachine } from "../../output/format.ts";
import { getPlace } from "../../rpc/resolve-folder.ts";
import { getPool } from "../../rpc/resolve-pool.ts";
import { getImage, getNetwork, getNode } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { mutation } from "../../tasks/flags.ts";
import { readPassword } from "../../terminal/password.ts";
import { UsageError } from "../../usage-error.ts";
import type { CreateFlags } from "./create-request.ts";
import { createRequest, type Found } from "./create-request.ts";
import { finishVms } from "./finish-vms.ts";
import { ensureOwnKey, readSshKeys } from "./ssh-keys.ts";

export async function createVm(cli: Cli, name: string, flags: CreateFlags): Promise<void> {
  const session = await cli.connect();
  const found = await findAll(session, flags);
  const guest = await readGuest(cli, flags, Boolean(found.image));
  const answer = await session.vms.createVM({ ...createRequest({ name, flags, found, guest }), ...mutation(flags) });
  await finishVms(cli, [answer], { session, flags, action: "create" });
  if (flags.wait && !flags.dryRun && flags.start && !isMachine(cli.flags.output)) {
    cli.note(`log in: lqx vm ssh ${name} --wait    or: lqx vm console ${name}`);
  }
}

async function findAll(session: Session, flags: CreateFlags): Promise<Found> {
  const [image, isos, networks, node, pool, place] = await Promise.all([
    flags.image ? getImage(session, flags.image) : undefined,
    Promise.all((flags.iso ?? []).map((ref) => getImage(session, ref))),
    Promise.all((flags.network || []).map((ref) => getNetwork(session, ref))),
    flags.node ? getNode(session, flags.node) : undefined,
    flags.pool ? getPool(session, flags.pool) : undefined,
    getPlace(session, flags),
  ]);
  if (image?.status?.format === ImageSpec_Format.ISO) {
    throw new UsageError(
      `image ${image.name} is an ISO: nothing to start a disk with`,
      `Use --iso ${image.name} --disk 20GiB.`,
    );
  }
  return { image, isos, networks, nodeId: node?.id ?? "", poolId: pool?.id ?? "", ...place };
}

/** What the guest is to be given at its first boot, read from where the flags say. */
async function readGuest(cli: Cli, flags: CreateFlags, hasImage: boolean) {
  const password = await readPassword(cli.terminal, flags, `Password of ${flags.user ?? "the guest's user"}`);
  const keys = await readSshKeys(flags.sshKey, { home: cli.settings.home, search: hasImage });
  if (keys.found.length > 0) cli.note(`SSH key: ${keys.found.join(", ")} (--ssh-key names another, --no-ssh-key none)`);
  if (hasImage && flags.sshKey === undefined && keys.keys.length === 0 && !password) {
    // Somebody without a key of their own still gets in: `lqx vm ssh` knows this one.
    const own = await ensureOwnKey(cli.settings.configDir);
    cli.note(`SSH key: ${own.path}${own.made ? ", made just now" : ""} (lqx vm ssh uses it; --ssh-key names another)`);
    keys.keys.push(own.key);
  }
  return {
    password,
    sshKeys: keys.keys,
    userData: flags.userData ? await readText(flags.userData) : "",
    networkConfig: flags.networkConfig ? await readText(flags.networkConfig) : "",
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
