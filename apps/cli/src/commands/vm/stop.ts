import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { parseSeconds } from "../../values/duration.ts";
import { powerVerb } from "./power-verb.ts";

interface StopFlags extends MutationFlags {
  force?: boolean;
  timeout?: number;
}

export const stop: Verb = (command, cli) =>
  powerVerb<StopFlags>(
    command
      .option("-f, --force", "cut the power: at once, or when --timeout has passed")
      .option("--timeout <duration>", "how long the guest may take (120s unless told)", parseSeconds),
    cli,
    {
      action: "stop",
      call: ({ session, vm, flags, common }) =>
        session.vms.stopVM({ id: vm.id, force: flags.force ?? false, timeoutSec: flags.timeout ?? 0, ...common }),
    },
  );
