import type { VirtualMachine } from "@limiquantix/api";
import {
  Camera,
  CirclePause,
  CirclePlay,
  CircleStop,
  Copy,
  Cpu,
  FolderInput,
  HardDriveDownload,
  LayoutTemplate,
  Moon,
  Pencil,
  Play,
  Power,
  RotateCcw,
  RotateCw,
  Trash2,
  type LucideIcon,
} from "lucide-react";
import { strings } from "../../strings/index.ts";
import type { MenuItem } from "../../ui/menu.tsx";
import type { VmCan } from "./use-vm-can.ts";
import type { VmCommands } from "./use-vm-commands.tsx";
import { deviceBlocked, type PowerAction } from "./vm-actions.ts";

const s = strings.vms;

const powerIcons: Record<PowerAction, LucideIcon> = {
  start: Play,
  stop: Power,
  reboot: RotateCw,
  pause: CirclePause,
  resume: CirclePlay,
  suspend: Moon,
  kill: CircleStop,
  reset: RotateCcw,
};

/** All that one can do to a VM; what is not possible now is grey, with the reason. */
export function vmMenu(vm: VirtualMachine, can: VmCan, commands: VmCommands): MenuItem[][] {
  const item = (action: PowerAction): MenuItem => {
    const Icon = powerIcons[action];
    return {
      label: s.actions[action],
      icon: <Icon size={14} />,
      blocked: can.action(vm, action),
      danger: action === "kill" || action === "reset",
      onSelect: () => commands.power(vm, action),
    };
  };
  const edit = can.action(vm, "edit");
  const paused = can.action(vm, "resume") === undefined;
  return [
    [item("start"), item("stop"), item("reboot"), item(paused ? "resume" : "pause"), item("suspend")],
    [item("kill"), item("reset")],
    [
      {
        label: s.actions.settings,
        icon: <Pencil size={14} />,
        blocked: edit,
        onSelect: () => commands.open("settings", vm),
      },
      {
        label: s.actions.resources,
        icon: <Cpu size={14} />,
        blocked: edit,
        onSelect: () => commands.open("resources", vm),
      },
      {
        label: vm.isTemplate ? s.actions.deploy : s.actions.clone,
        icon: <Copy size={14} />,
        blocked: deviceBlocked(vm) ?? can.action(vm, "clone"),
        onSelect: () => commands.open("clone", vm),
      },
      {
        label: s.actions.snapshot,
        icon: <Camera size={14} />,
        blocked: deviceBlocked(vm) ?? can.action(vm, "snapshot"),
        onSelect: () => commands.open("snapshot", vm),
      },
      {
        label: vm.isTemplate ? s.actions.backToVm : s.actions.template,
        icon: <LayoutTemplate size={14} />,
        blocked: deviceBlocked(vm) ?? can.action(vm, "template"),
        onSelect: () => commands.open("template", vm),
      },
      {
        label: s.actions.move,
        icon: <FolderInput size={14} />,
        blocked: edit,
        onSelect: () => commands.open("move", vm),
      },
    ],
    vm.isManaged
      ? []
      : [
          {
            label: s.actions.adopt,
            icon: <HardDriveDownload size={14} />,
            blocked: can.action(vm, "adopt"),
            onSelect: () => commands.open("adopt", vm),
          },
        ],
    [
      {
        label: s.actions.delete,
        icon: <Trash2 size={14} />,
        danger: true,
        blocked: can.action(vm, "delete"),
        onSelect: () => commands.open("delete", vm),
      },
    ],
  ];
}
