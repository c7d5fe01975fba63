import type { Project } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { fullness, Meter } from "../../ui/meter.tsx";
import type { Limit } from "./limits.ts";

/** How much of a limit is used up; what has no limit has no bar. */
export function UsageBar({ project, limit }: { project: Project; limit: Limit }) {
  const used = limit.used(project);
  const most = limit.most(project);
  const text = most === undefined ? limit.format(used) : strings.projects.of(limit.format(used), limit.format(most));
  if (most === undefined) return <span className="tabular-nums">{text}</span>;
  return (
    <div className="flex flex-col gap-1 py-0.5">
      <span className="truncate leading-tight tabular-nums">{text}</span>
      <Meter
        label={`${limit.label}: ${project.name}`}
        value={used}
        max={most}
        text={text}
        tone={fullness(used, most)}
      />
    </div>
  );
}
