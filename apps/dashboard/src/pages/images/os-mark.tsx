import type { OsInfo } from "@limiquantix/api";
import { Disc3, HardDrive } from "lucide-react";

const marks: Record<string, string> = {
  debian: "De",
  ubuntu: "Ub",
  rocky: "Ro",
  almalinux: "Al",
  centos: "Ce",
  rhel: "RH",
  fedora: "Fe",
  opensuse: "Su",
  arch: "Ar",
  alpine: "Ap",
  freebsd: "BS",
  windows: "Wi",
};

/** A tile for a system: two letters, or what kind of file it is. The makers' logos are theirs. */
export function OsMark({ os, iso = false, large = false }: { os: OsInfo | undefined; iso?: boolean; large?: boolean }) {
  const mark = marks[os?.distribution ?? ""];
  const size = large ? "size-9 rounded-lg text-[14px]" : "size-5 rounded text-[10px]";
  const icon = large ? 18 : 12;
  return (
    <span
      aria-hidden
      className={`inline-flex shrink-0 items-center justify-center bg-accent-soft font-semibold text-accent ${size}`}
    >
      {mark ?? (iso ? <Disc3 size={icon} /> : <HardDrive size={icon} />)}
    </span>
  );
}
