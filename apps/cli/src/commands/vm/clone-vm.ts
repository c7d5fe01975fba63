import { CloneVMRequest_CloneType } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { getPlace } from "../../rpc/resolve-folder.ts";
import { getSnapshot } from "../../rpc/resolve-storage.ts";
import { getVm } from "../../rpc/resolve.ts";
import { mutation } from "../../tasks/flags.ts";
import { readPassword } from "../../terminal/password.ts";
import { UsageError } from "../../usage-error.ts";
import type { CloneFlags } from "./clone-flags.ts";
import { finishVms } from "./finish-vms.ts";
import { readSshKeys } from "./ssh-keys.ts";

export async function cloneVm(
  cli: Cli,
  { ref, name, flags, fromTemplate }: { ref: string; name: string; flags: CloneFlags; fromTemplate?: boolean },
): Promise<void> {
  const session = await cli.connect();
  const [source, place] = await Promise.all([getVm(session, ref), getPlace(session, flags)]);
  if (fromTemplate && !source.isTemplate) {
    const tryThis = `Clone it as it is, lqx vm clone ${source.name} ${name}; or first: lqx template make ${source.name}.`;
    throw new UsageError(`${source.name} is no template`, tryThis);
  }
  const snapshot = flags.snapshot ? await getSnapshot(session, source, flags.snapshot) : undefined;
  const before = source.spec?.provisioning?.cloudInit;
  const password = await readPassword(cli.terminal, flags, `Password of ${flags.user ?? "the guest's user"}`);
  const { keys } = await readSshKeys(flags.sshKey ?? false, { home: cli.settings.home, search: false });
  const asked = flags.hostname || flags.user || password || keys.length > 0;
  const cloudInit = {
    hostname: flags.hostname ?? "",
    username: flags.user ?? before?.username ?? "",
    password,
    // What is not told is as the source has it.
    sshKeys: keys.length > 0 ? keys : (before?.sshKeys ?? []),
  };
  const answer = await session.vms.cloneVM({
    sourceVmId: source.id,
    name,
    ...place,
    cloneType: flags.linked ? CloneVMRequest_CloneType.LINKED : CloneVMRequest_CloneType.FULL,
    snapshotId: snapshot?.id ?? "",
    startOnCreate: flags.start,
    description: flags.description ?? "",
    ...(asked ? { provisioning: { cloudInit } } : {}),
    ...mutation(flags),
  });
  await finishVms(cli, [answer], { session, flags, action: fromTemplate ? "deploy" : "clone" });
}
