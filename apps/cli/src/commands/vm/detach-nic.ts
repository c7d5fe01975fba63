import type { Verb } from "../verb.ts";
import { deviceVerb } from "./device-verb.ts";

export const detachNic: Verb = (command, cli) =>
  deviceVerb(
    command
      .argument("<vm>", "name or id")
      .argument("<nic>", "its id, its MAC address, or its place counted from 0: see `lqx vm get`"),
    cli,
    {
      action: "detach a network interface from",
      call: async ({ session, vm, words: [ref = ""], common }) => {
        const { getPart } = await import("../../rpc/resolve.ts");
        const nic = getPart(vm.spec?.nics ?? [], ref, "network interface", (it) => it.macAddress.toLowerCase());
        return session.vms.detachNIC({ vmId: vm.id, nicId: nic.id, ...common });
      },
    },
  );
