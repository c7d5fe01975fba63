import {
  DiskDevice_Bus,
  Firmware_Type,
  VirtualMachine_Origin,
  VirtualMachineSchema,
  VmStatus_PowerState,
  VmStatus_StopReason,
  type VirtualMachine,
} from "@limiquantix/api";
import { formatBytes, MIB } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import type { Hostname } from "../../rpc/hostnames.ts";
import { formatLabels } from "../../values/labels.ts";

export function stateOf(vm: VirtualMachine): string {
  return VmStatus_PowerState[vm.status?.state ?? 0] ?? "UNKNOWN";
}

function memoryOf(vm: VirtualMachine): string {
  return formatBytes((vm.spec?.memory?.sizeMib ?? 0n) * BigInt(MIB));
}

export function vmListView(paint: Paint, hostname: Hostname): ListView<typeof VirtualMachineSchema> {
  return {
    schema: VirtualMachineSchema,
    empty: "no VMs (make one: lqx vm create NAME --image IMAGE)",
    columns: [
      { header: "NAME", value: (vm) => vm.name },
      {
        header: "STATE",
        value: (vm) => (vm.isTemplate ? "TEMPLATE" : stateOf(vm)),
        paint: (text) => paintState(paint, text),
      },
      { header: "HOST", value: (vm) => hostname(vm.status?.nodeId ?? "") },
      { header: "CPU", value: (vm) => String(vm.spec?.cpu?.cores ?? ""), right: true },
      { header: "MEMORY", value: memoryOf, right: true },
      { header: "ADDRESS", value: (vm) => vm.status?.ipAddresses.join(",") ?? "" },
      { header: "AGE", value: (vm) => age(vm.createdAt), right: true },
      { header: "LABELS", value: (vm) => formatLabels(vm.labels), wide: true },
      { header: "ID", value: (vm) => vm.id, wide: true },
    ],
  };
}

export function templateListView(): ListView<typeof VirtualMachineSchema> {
  return {
    schema: VirtualMachineSchema,
    empty: "no templates (make one of a stopped VM: lqx template make VM)",
    columns: [
      { header: "NAME", value: (vm) => vm.name },
      { header: "CPU", value: (vm) => String(vm.spec?.cpu?.cores ?? ""), right: true },
      { header: "MEMORY", value: memoryOf, right: true },
      { header: "DISKS", value: (vm) => vm.spec?.disks.map((disk) => `${disk.sizeGib} GiB`).join(",") ?? "" },
      { header: "AGE", value: (vm) => age(vm.createdAt), right: true },
      { header: "DESCRIPTION", value: (vm) => vm.description },
      { header: "LABELS", value: (vm) => formatLabels(vm.labels), wide: true },
      { header: "ID", value: (vm) => vm.id, wide: true },
    ],
  };
}

/** Everything about one VM that a person asks for. */
export function describeVm(vm: VirtualMachine, paint: Paint, hostname: Hostname): string[] {
  const { spec, status } = vm;
  const since = status?.stateChangedAt ? ` (${age(status.stateChangedAt)})` : "";
  const cloudInit = spec?.provisioning?.cloudInit;
  const lines = renderFields([
    ["Name", vm.name],
    ["Id", vm.id],
    ["State", `${stateOf(vm)}${since}${stopReason(vm)}`],
    ["Problem", status?.errorMessage || status?.lostReason || ""],
    ["Template", vm.isTemplate ? `yes: lqx template deploy ${vm.name} NAME` : ""],
    ["Host", hostname(status?.nodeId ?? "")],
    ["Accelerator", status?.accelerator ?? ""],
    ["Addresses", status?.ipAddresses.join(", ") ?? ""],
    ["CPU", cpuOf(vm)],
    ["Memory", memoryOf(vm)],
    ["Firmware", Firmware_Type[spec?.firmware?.type ?? 0]?.replace("UNKNOWN", "") ?? ""],
    ["Machine", spec?.machine ?? ""],
    ["User", cloudInit?.username ?? ""],
    ["Ways in", cloudInit?.waysIn.join(", ") ?? ""],
    ["Starts with host", spec?.autoStart ? "yes" : ""],
    ["Needs restart", status?.needsRestart.join(", ") ?? ""],
    ["Labels", formatLabels(vm.labels)],
    ["Description", vm.description],
    [
      "Origin",
      vm.origin === VirtualMachine_Origin.HOST_DISCOVERED ? `found on its host; \`lqx vm adopt ${vm.name}\`` : "",
    ],
    ["Created", `${moment(vm.createdAt)}${vm.createdBy ? ` by ${vm.createdBy}` : ""}`],
    ["Revision", String(vm.revision)],
  ]);
  spec?.disks.forEach((disk, at) => {
    const bus = DiskDevice_Bus[disk.bus]?.replace("BUS_UNKNOWN", "") ?? "";
    lines.push(`Disk ${at}:   ${disk.sizeGib} GiB ${bus.toLowerCase()} ${paint.dim(disk.id)}`);
  });
  spec?.cdroms.forEach((cdrom, at) => {
    lines.push(`CD ${at}:     ${cdrom.imageId || "empty"} ${paint.dim(cdrom.id)}`);
  });
  spec?.nics.forEach((nic, at) => {
    const seen = status?.nics.find((one) => one.nicId === nic.id);
    const addresses = seen?.ipAddresses.join(", ") ?? "";
    lines.push(`NIC ${at}:    ${nic.macAddress} ${addresses} ${paint.dim(nic.id)}`.replace(/ {2,}(?=\S*$)/, " "));
  });
  return lines;
}

function cpuOf(vm: VirtualMachine): string {
  const cpu = vm.spec?.cpu;
  return cpu ? [cpu.cores, cpu.model].filter(Boolean).join(" × ") : "";
}

function stopReason(vm: VirtualMachine): string {
  const reason = vm.status?.stopReason ?? VmStatus_StopReason.STOP_REASON_UNKNOWN;
  if (reason === VmStatus_StopReason.STOP_REASON_UNKNOWN || vm.status?.state === VmStatus_PowerState.RUNNING) return "";
  return `, ${(VmStatus_StopReason[reason] ?? "").toLowerCase().replaceAll("_", " ")}`;
}
