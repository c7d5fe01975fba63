import type { VirtualMachine } from "@limiquantix/api";
import { vmState } from "../vm-state.ts";

/** What the list is narrowed to; every part is in the address. */
export interface VmFilter {
  text: string;
  /** RUNNING. */
  state: string;
  host: string;
  project: string;
  folder: string;
  /** vm, template, or empty: both. */
  kind: string;
  /** environment=production, or environment alone: whatever its value. */
  label: string;
}

/** Whether a VM is shown. Words of the text may be anywhere in its name, id, addresses and labels; all of them must be. */
export function vmFilter({
  text,
  state,
  host,
  project,
  folder,
  kind,
  label,
}: VmFilter): (vm: VirtualMachine) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const [key, value] = splitLabel(label);
  return (vm) =>
    (!state || vmState(vm).name === state) &&
    (!host || vm.status?.nodeId === host) &&
    (!project || vm.projectId === project) &&
    (!kind || vm.isTemplate === (kind === "template")) &&
    (!folder || vm.folderId === folder) &&
    (!label || (value === undefined ? Object.hasOwn(vm.labels, key) : vm.labels[key] === value)) &&
    (words.length === 0 || hasWords(vm, words));
}

function hasWords(vm: VirtualMachine, words: readonly string[]): boolean {
  const name = vm.name.toLowerCase();
  if (words.every((word) => name.includes(word))) return true;
  const labels = Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`);
  const text = [name, vm.id, ...(vm.status?.ipAddresses ?? []), ...labels].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function splitLabel(label: string): [string, string | undefined] {
  const at = label.indexOf("=");
  return at < 0 ? [label, undefined] : [label.slice(0, at), label.slice(at + 1)];
}

/** All labels that VMs have, environment=production, the most used first. */
export function labelsInUse(vms: readonly VirtualMachine[], most = 200): string[] {
  const counts = new Map<string, number>();
  for (const { labels } of vms) {
    for (const [key, value] of Object.entries(labels)) {
      const label = `${key}=${value}`;
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  return [...counts]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([label]) => label);
}
