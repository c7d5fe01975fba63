import { strings } from "../../../strings/index.ts";
import { StateDot } from "../../../ui/badge.tsx";
import { memory } from "../../../ui/units.ts";
import { osName } from "../../images/image-facts.ts";
import { OsMark } from "../../images/os-mark.tsx";
import type { Draft } from "./draft.ts";
import type { WhyNot } from "./use-why-not.ts";
import { waysIn, type DraftContext } from "./validate.ts";

const s = strings.createVm;

/** What is filled in so far, and whether it fits anywhere, beside each step. */
export function DraftSummary({ draft, context, whyNot }: { draft: Draft; context: DraftContext; whyNot: WhyNot }) {
  const { source, cores, memoryMib, disks, name } = draft;
  const image = source === "empty" ? undefined : context.images.get(source === "image" ? draft.imageId : draft.isoId);
  const gib = disks.reduce((sum, { sizeGib }) => sum + (Number.isFinite(sizeGib) ? sizeGib : 0), 0);
  const ways = waysIn(draft, image?.spec?.defaultUser ?? "");
  const fitting = whyNot.hosts.filter(({ fits }) => fits).length;
  return (
    <aside
      aria-label={s.summary}
      className="hidden w-64 shrink-0 flex-col gap-4 border-l border-line bg-ground p-4 xl:flex"
    >
      <div className="flex items-center gap-3">
        <OsMark os={image?.spec?.os} iso={source === "iso"} large />
        <div className="min-w-0">
          <p className="truncate font-semibold">{name || <span className="text-faint">{s.name.name}</span>}</p>
          <p className="truncate text-muted">
            {source === "empty" ? s.source.empty : osName(image?.spec?.os) || image?.name || "–"}
          </p>
        </div>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 tabular-nums">
        <dt className="text-muted">{s.resources.cores}</dt>
        <dd>{Number.isFinite(cores) ? cores : "–"}</dd>
        <dt className="text-muted">{s.resources.memory.replace(/ \(.*/, "")}</dt>
        <dd>{Number.isFinite(memoryMib) ? memory(memoryMib) : "–"}</dd>
        <dt className="text-muted">{s.resources.disks}</dt>
        <dd>{`${gib} GiB`}</dd>
      </dl>
      {whyNot.hosts.length > 0 && (
        <StateDot
          tone={fitting > 0 ? "ok" : "bad"}
          busy={whyNot.asking}
          label={s.placement.summary(fitting, whyNot.hosts.length)}
        />
      )}
      {source === "image" && (
        <div>
          <p className="text-muted">{s.access.ways}</p>
          {ways.length > 0 ? (
            <ul>
              {ways.map((way) => (
                <li key={way}>{way}</li>
              ))}
            </ul>
          ) : (
            <p className="text-warn">{s.access.noWay}</p>
          )}
        </div>
      )}
    </aside>
  );
}
