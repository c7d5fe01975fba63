import { CloneVMRequest_CloneType } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { getPlace } from "../../rpc/resolve-folder.ts";
import { getVm } from "../../rpc/resolve.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";
import { readPassword } from "../../terminal/password.ts";
import { finishVms } from "./finish-vms.ts";
import { readSshKeys } from "./ssh-keys.ts";

export interface CloneFlags extends MutationFlags {
  start: boolean;
  project?: string;
  folder?: string;
  description?: string;
  hostname?: string;
  user?: string;
  passwordStdin?: boolean;
  passwordPrompt?: boolean;
  sshKey?: string[];
}

export async function cloneVm(
  cli: Cli,
  { ref, name, flags }: { ref: string; name: string; flags: CloneFlags },
): Promise<void> {
  const session = await cli.connect();
  const [source, place] = await Promise.all([getVm(session, ref), getPlace(session, flags)]);
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
    cloneType: CloneVMRequest_CloneType.FULL,
    startOnCreate: flags.start,
    description: flags.description ?? "",
    ...(asked ? { provisioning: { cloudInit } } : {}),
    ...mutation(flags),
  });
  await finishVms(cli, [answer], { session, flags, action: "clone" });
}
