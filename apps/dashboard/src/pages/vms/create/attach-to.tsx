import { fromConnectError, VolumeService, type VirtualMachine } from "@limiquantix/api";
import { toast } from "sonner";
import type { Connection } from "../../../api/connection.ts";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { ProblemText } from "../../../ui/problem.tsx";

/** Gives a VM that was just asked for a volume that exists. It is there either way: what is wrong is told. */
export function attachTo(connection: Connection, volumeId: string, vm: VirtualMachine): void {
  const request = { volumeId, vmId: vm.id, idempotencyKey: newKey() };
  connection
    .client(VolumeService)
    .attachVolume(request)
    .catch((error: unknown) => {
      const name = connection.inventory.volume.get(volumeId)?.name ?? volumeId;
      const description = <ProblemText problem={fromConnectError(error)} />;
      toast.error(strings.createVm.attachFailed(name, vm.name), { description, duration: 12_000 });
    });
}
