import { Display_Type, Firmware_Type, Placement_Strategy, type VirtualMachine } from "@limiquantix/api";
import { Pencil } from "lucide-react";
import type { ReactNode } from "react";
import { useConnection } from "../../../api/context.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Badge } from "../../../ui/badge.tsx";
import { Button } from "../../../ui/button.tsx";
import { Facts, Panel } from "../../../ui/page.tsx";
import { memory } from "../../../ui/units.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { displayGpu, displayType } from "./words.ts";

const s = strings.vm.hardware;
const onOff = (on: boolean) => (on ? s.on : s.off);

/** What the guest finds itself on. What waits for a restart is marked. */
export function HardwareTab({ vm, can, commands }: VmTabProps) {
  const { cpu, memory: ram, firmware, display, watchdog } = vm.spec ?? {};
  const sockets = cpu?.sockets || 1;
  const threads = cpu?.threadsPerCore || 1;
  const waits = (path: string) => vm.status?.needsRestart.some((waiting) => waiting.startsWith(path)) ?? false;
  const marked = (path: string, value: ReactNode) =>
    waits(path) ? (
      <>
        {value} <Badge tone="warn">{strings.vm.hardware.nextStart}</Badge>
      </>
    ) : (
      value
    );
  const pencil = (
    <Button
      look="ghost"
      aria-label={s.edit}
      icon={<Pencil size={14} />}
      blocked={can.action(vm, "edit")}
      onClick={() => commands.open("resources", vm)}
    />
  );
  const cores = cpu?.cores ?? 0;
  const maxMib = Number(ram?.maxMemoryMib ?? 0n);
  return (
    <div className="grid content-start gap-4 p-4 lg:grid-cols-2 xl:grid-cols-3">
      <Panel title={s.cpu} actions={pencil}>
        <Facts
          facts={[
            [strings.vms.summary.cpu, marked("cpu", cores)],
            [s.topology, s.topologyOf(sockets, cores / sockets / threads, threads)],
            [s.model, cpu?.model || s.modelAuto],
            [s.max, cpu?.maxCores ? `${cpu.maxCores} vCPU` : s.noMax],
          ]}
        />
      </Panel>
      <Panel title={s.memory} actions={pencil}>
        <Facts
          facts={[
            [s.size, marked("memory", memory(Number(ram?.sizeMib ?? 0n)))],
            [s.max, maxMib ? memory(maxMib) : s.noMax],
            [s.ballooning, onOff(ram?.ballooningEnabled ?? false)],
          ]}
        />
      </Panel>
      <Panel title={s.firmware}>
        <Facts
          facts={[
            [
              s.firmwareType,
              marked(
                "firmware",
                s.firmwares[(Firmware_Type[firmware?.type ?? 0] ?? "BIOS") as keyof typeof s.firmwares],
              ),
            ],
            [s.machine, marked("machine", vm.spec?.machine)],
            [s.order, bootOrder(vm)],
            [s.version, vm.hardwareVersion],
          ]}
        />
      </Panel>
      <Panel title={s.devices}>
        <Facts
          facts={[
            [
              s.display,
              marked(
                "display",
                display?.type === Display_Type.NONE
                  ? s.none
                  : `${displayType[display?.type ?? 0]} · ${displayGpu[display?.gpu ?? 0]}`,
              ),
            ],
            [s.serial, marked("serial", onOff(!vm.spec?.serial?.disabled))],
            [s.agent, marked("agent", onOff(!vm.spec?.agent?.disabled))],
            [s.rng, marked("rng", onOff(!vm.spec?.rng?.disabled))],
            [s.watchdog, marked("watchdog", watchdog ? s.on : s.none)],
          ]}
        />
      </Panel>
      <Panel title={s.boot}>
        <Facts
          facts={[
            [s.autoStart, onOff(vm.spec?.autoStart ?? false)],
            [s.placement, <PlacementText key="placement" vm={vm} />],
          ]}
        />
      </Panel>
    </div>
  );
}

/** Disk 1, CD drive 1, …, by boot index. */
function bootOrder({ spec }: VirtualMachine): string {
  const devices = [
    ...(spec?.disks ?? []).map(({ bootIndex }, i) => ({ bootIndex, name: strings.vm.disks.disk(i + 1) })),
    ...(spec?.cdroms ?? []).map(({ bootIndex }, i) => ({ bootIndex, name: strings.vm.media.drive(i + 1) })),
    ...(spec?.nics ?? []).map(({ bootIndex }, i) => ({ bootIndex, name: strings.vm.nics.nic(i + 1) })),
  ];
  return devices
    .filter(({ bootIndex }) => bootIndex > 0)
    .toSorted((a, b) => a.bootIndex - b.bootIndex)
    .map(({ name }) => name)
    .join(", ");
}

function PlacementText({ vm }: { vm: VirtualMachine }) {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const placement = vm.spec?.placement;
  const names = (ids: readonly string[]) =>
    ids.map((id) => nodes.find((node) => node.id === id)?.hostname ?? id).join(", ");
  const lines = [
    placement?.strategy === Placement_Strategy.PACK ? s.pack : s.spread,
    placement?.requiredNodes.length ? s.required(names(placement.requiredNodes)) : "",
    placement?.preferredNodes.length ? s.preferred(names(placement.preferredNodes)) : "",
    placement?.excludedNodes.length ? s.excluded(names(placement.excludedNodes)) : "",
  ].filter(Boolean);
  return lines.map((line) => (
    <span key={line} className="block">
      {line}
    </span>
  ));
}
