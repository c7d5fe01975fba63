import type { Command } from "commander";
import type { VirtualMachine, VMTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export interface DeviceCall<Flags> {
  session: Session;
  vm: VirtualMachine;
  /** What was named after the VM. */
  words: string[];
  flags: Flags;
  common: ReturnType<typeof mutation>;
}

/** The shape that the device verbs share: a VM, perhaps a device of it, one call. */
export function deviceVerb<Flags extends MutationFlags>(
  command: Command,
  cli: Cli,
  { action, call }: { action: string; call: (it: DeviceCall<Flags>) => Promise<VMTaskResponse> },
): void {
  addMutationFlags(command).action(async (...given: unknown[]) => {
    const words = given.slice(0, -2).filter((word) => typeof word === "string");
    const flags = given.at(-2) as Flags;
    const session = await cli.connect();
    const [{ getVm }, { finishVms }] = await Promise.all([import("../../rpc/resolve.ts"), import("./finish-vms.ts")]);
    const [ref = "", ...rest] = words;
    const vm = await getVm(session, ref);
    const answer = await call({ session, vm, words: rest, flags, common: mutation(flags) });
    await finishVms(cli, [answer], { session, flags, action });
  });
}
