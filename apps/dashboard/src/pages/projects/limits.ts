import type { Project } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { memory } from "../../ui/units.ts";

const s = strings.projects;

/** One thing that a quota limits. */
export interface Limit {
  id: "vms" | "vcpus" | "memory" | "storage" | "addresses";
  label: string;
  used: (project: Project) => number;
  /** Undefined: without a limit. */
  most: (project: Project) => number | undefined;
  format: (value: number) => string;
}

const plain = (value: number) => String(value);
const gib = (value: number) => memory(value * 1024);

export const limits: readonly Limit[] = [
  {
    id: "vms",
    label: s.columns.vms,
    used: ({ usage }) => usage?.vms ?? 0,
    most: ({ quota }) => quota?.vms,
    format: plain,
  },
  {
    id: "vcpus",
    label: s.columns.vcpus,
    used: ({ usage }) => usage?.vcpus ?? 0,
    most: ({ quota }) => quota?.vcpus,
    format: plain,
  },
  {
    id: "memory",
    label: s.columns.memory,
    used: ({ usage }) => Number(usage?.memoryMib ?? 0n),
    most: ({ quota }) => (quota?.memoryMib === undefined ? undefined : Number(quota.memoryMib)),
    format: memory,
  },
  {
    id: "storage",
    label: s.columns.storage,
    used: ({ usage }) => Number(usage?.storageGib ?? 0n),
    most: ({ quota }) => (quota?.storageGib === undefined ? undefined : Number(quota.storageGib)),
    format: gib,
  },
  {
    id: "addresses",
    label: s.limits.addresses,
    used: ({ usage }) => usage?.floatingAddresses ?? 0,
    most: ({ quota }) => quota?.floatingAddresses,
    format: plain,
  },
];
