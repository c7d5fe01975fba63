import { CalendarClock, Database, HardDrive, Plus, type LucideIcon } from "lucide-react";

export interface Command {
  label: string;
  to: string;
  icon: LucideIcon;
  keys?: string;
}

/** Actions that begin at an address; those on one object are on its page, which the palette finds by its name. */
export const commands: readonly Command[] = [
  { label: "Create a VM", to: "/vms/new", icon: Plus, keys: "c v" },
  { label: "Deploy a VM from a template", to: "/vms?kind=template", icon: Plus },
  { label: "Add storage", to: "/pools/new", icon: Database },
  { label: "Create a volume", to: "/volumes?do=create", icon: HardDrive },
  { label: "Create a snapshot schedule", to: "/schedules?do=create", icon: CalendarClock },
];
