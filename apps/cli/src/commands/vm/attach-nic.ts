import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { deviceVerb } from "./device-verb.ts";

interface AttachNicFlags extends MutationFlags {
  network?: string;
  mac?: string;
  model?: "virtio" | "e1000" | "e1000e" | "vmxnet3";
}

export const attachNic: Verb = (command, cli) =>
  deviceVerb<AttachNicFlags>(
    command
      .argument("<vm>", "name or id")
      .option("--network <network>", "the network (the default one unless told)")
      .option("--mac <address>", "MAC address (given by the control plane unless told)")
      .addOption(command.createOption("--model <model>", "model").choices(["virtio", "e1000", "e1000e", "vmxnet3"])),
    cli,
    {
      action: "attach a network interface to",
      call: async ({ session, vm, flags, common }) => {
        const [{ NetworkInterface_Model }, { getNetwork }] = await Promise.all([
          import("@limiquantix/api"),
          import("../../rpc/resolve.ts"),
        ]);
        const models = {
          virtio: NetworkInterface_Model.VIRTIO_NET,
          e1000: NetworkInterface_Model.E1000,
          e1000e: NetworkInterface_Model.E1000E,
          vmxnet3: NetworkInterface_Model.VMXNET3,
        } as const;
        const network = flags.network ? await getNetwork(session, flags.network) : undefined;
        const nic = {
          networkId: network?.id ?? "",
          macAddress: flags.mac ?? "",
          ...(flags.model ? { model: models[flags.model] } : {}),
        };
        return session.vms.attachNIC({ vmId: vm.id, nic, ...common });
      },
    },
  );
