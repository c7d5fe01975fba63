import { VMTaskResponseSchema, type VirtualMachine, type VMTaskResponse } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { moment } from "../../output/times.ts";
import { readHostnames } from "../../rpc/hostnames.ts";
import type { Session } from "../../rpc/session.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { finish } from "../../tasks/finish.ts";
import { stateOf } from "./view.ts";

export interface FinishVms {
  session: Session;
  flags: MutationFlags;
  /** What was asked for, as in "start web". */
  action: string;
  /** The VM is gone afterwards: it is not read again. */
  gone?: boolean;
  /** What a VM is afterwards, where that is not its power state. */
  outcome?: string;
  /** Done when it is answered, where there is no task: name, labels, description. */
  instant?: boolean;
}

/** The end of a mutation of VMs: what came of each, in a sentence or as the API's answer. */
export async function finishVms(
  cli: Cli,
  answers: readonly VMTaskResponse[],
  { session, flags, action, gone, outcome, instant }: FinishVms,
) {
  const hostname =
    flags.wait || flags.dryRun || answers.some((answer) => !answer.task) ? await readHostnames(session) : String;
  await finish(cli, answers, {
    session,
    flags,
    instant: instant ?? false,
    schema: VMTaskResponseSchema,
    reread: async (answer) => {
      if (!gone && answer.vm) answer.vm = await session.vms.getVM({ id: answer.vm.id });
    },
    describe: (answer, when) => {
      const name = answer.vm?.name ?? "the VM";
      if (when === "asked") return `${action} ${name}`;
      const host = answer.vm?.status?.nodeId ? ` on ${hostname(answer.vm.status.nodeId)}` : "";
      if (when === "dry") return `${action} ${name}${host}: it can be done`;
      if (gone) return `${name} ${whereTo(answer.vm)}`;
      if (outcome) return `${name} ${outcome}`;
      if (instant && !answer.task) return `${name} is changed`;
      return `${name} is ${answer.vm ? stateOf(answer.vm) : "UNKNOWN"}${host}`;
    },
  });
}

function whereTo(vm: VirtualMachine | undefined): string {
  const until = vm?.deletion?.purgeAt;
  return until ? `is in the recycle bin until ${moment(until)}` : "is deleted";
}
