import {
  Activity,
  Boxes,
  CalendarClock,
  Database,
  Disc3,
  FolderKanban,
  Gauge,
  HardDrive,
  Layers,
  ListChecks,
  Monitor,
  Network,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  Trash2,
  type LucideIcon,
} from "lucide-react";
import { strings } from "../strings/index.ts";

export interface Section {
  id: keyof typeof strings.shell.sections;
  path: string;
  icon: LucideIcon;
  /** `g` and this letter go there. */
  key: string;
}

/** The sidebar, in its groups. A section whose page does not exist is not here. */
export const sectionGroups: { title: string; sections: Section[] }[] = [
  {
    title: strings.shell.groups.inventory,
    sections: [
      { id: "overview", path: "/", icon: Gauge, key: "o" },
      { id: "vms", path: "/vms", icon: Monitor, key: "v" },
      { id: "nodes", path: "/nodes", icon: Server, key: "h" },
      { id: "clusters", path: "/clusters", icon: Boxes, key: "c" },
      { id: "images", path: "/images", icon: Disc3, key: "i" },
      { id: "pools", path: "/pools", icon: Database, key: "s" },
      { id: "volumes", path: "/volumes", icon: HardDrive, key: "d" },
      { id: "schedules", path: "/schedules", icon: CalendarClock, key: "k" },
      { id: "networks", path: "/networks", icon: Network, key: "n" },
      { id: "recycleBin", path: "/recycle-bin", icon: Trash2, key: "r" },
    ],
  },
  {
    title: strings.shell.groups.watch,
    sections: [
      { id: "tasks", path: "/tasks", icon: ListChecks, key: "t" },
      { id: "events", path: "/events", icon: Activity, key: "e" },
      { id: "audit", path: "/audit", icon: ScrollText, key: "u" },
    ],
  },
  {
    title: strings.shell.groups.admin,
    sections: [
      { id: "projects", path: "/projects", icon: FolderKanban, key: "p" },
      { id: "access", path: "/access", icon: ShieldCheck, key: "a" },
      { id: "settings", path: "/settings", icon: Settings, key: "," },
    ],
  },
];

export const sections = sectionGroups.flatMap(({ sections }) => sections);
export const objectIcons = {
  vm: Monitor,
  node: Server,
  image: Disc3,
  pool: Database,
  volume: HardDrive,
  network: Network,
  project: FolderKanban,
  cluster: Boxes,
  folder: Layers,
};
