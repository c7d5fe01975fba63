import type { Command } from "commander";
import type { VirtualMachine, VMTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { UsageError } from "../../usage-error.ts";

export interface PowerCall<Flags> {
  session: Session;
  vm: VirtualMachine;
  flags: Flags;
  /** The request's fields that every mutation has. */
  common: ReturnType<typeof mutation>;
}

interface PowerVerb<Flags> {
  action: string;
  /** What a VM is afterwards, where that is not its power state. */
  outcome?: string;
  /** What the words are names of, for completion. */
  argument?: string;
  call: (it: PowerCall<Flags>) => Promise<VMTaskResponse>;
}

/** The shape that start, stop, reboot, pause, resume and suspend share: one call for each VM that is named. */
export function powerVerb<Flags extends MutationFlags>(
  command: Command,
  cli: Cli,
  { action, outcome, argument = "vm", call }: PowerVerb<Flags>,
): void {
  addMutationFlags(command.argument(`<${argument}...>`, "names or ids")).action(
    async (refs: string[], flags: Flags) => {
      const session = await cli.connect();
      const [{ getVm }, { finishVms }] = await Promise.all([import("../../rpc/resolve.ts"), import("./finish-vms.ts")]);
      if (refs.length > 1 && flags.idempotencyKey) {
        throw new UsageError("an idempotency key is for one request", "Name one VM, or leave the key out.");
      }
      // All names are known before anything is done: a misspelt one must not leave half of them stopped.
      const vms = await Promise.all(refs.map((ref) => getVm(session, ref)));
      const common = mutation(flags);
      const answers = await Promise.all(vms.map((vm) => call({ session, vm, flags, common })));
      await finishVms(cli, answers, { session, flags, action, ...(outcome ? { outcome, instant: true } : {}) });
    },
  );
}
