import type { Problem } from "@limiquantix/api";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { strings } from "../../../../strings/index.ts";
import { Facts } from "../../../../ui/page.tsx";
import { ProblemText } from "../../../../ui/problem.tsx";
import { Skeleton } from "../../../../ui/states.tsx";
import { memory } from "../../../../ui/units.ts";
import { poolName } from "../../../images/image-facts.ts";
import type { Draft, Step } from "../draft.ts";
import { waysIn, type DraftContext, type Fault } from "../validate.ts";
import { WaysIn } from "./access-step.tsx";

const s = strings.createVm.review;
const steps = strings.createVm.steps;

/** What the control plane says to the request before it is made. */
export interface DryRun {
  /** It has answered for the draft as it is. */
  settled: boolean;
  warnings: readonly string[];
  problem: Problem | undefined;
}

export interface ReviewStepProps {
  draft: Draft;
  context: DraftContext;
  faults: readonly Fault[];
  dryRun: DryRun;
  onGo: (step: Step) => void;
}

export function ReviewStep({ draft, context, faults, dryRun, onGo }: ReviewStepProps) {
  const imageUser = context.images.get(draft.imageId)?.spec?.defaultUser ?? "";
  return (
    <div className="flex flex-col gap-5">
      <Verdict faults={faults} dryRun={dryRun} onGo={onGo} />
      {draft.source === "image" && <WaysIn ways={waysIn(draft, imageUser)} />}
      {factsOf(draft, context).map(({ step, facts }) => (
        <section key={step}>
          <header className="mb-2 flex items-baseline gap-2 border-b border-line pb-1">
            <h3 className="grow font-semibold">{steps[step]}</h3>
            <button
              type="button"
              aria-label={s.edit(steps[step])}
              className="text-accent hover:underline"
              onClick={() => onGo(step)}
            >
              {strings.common.edit}
            </button>
          </header>
          <Facts facts={facts} />
        </section>
      ))}
    </div>
  );
}

function Verdict({ faults, dryRun, onGo }: Pick<ReviewStepProps, "faults" | "dryRun" | "onGo">) {
  const { settled, warnings, problem } = dryRun;
  if (faults.length > 0 || problem) {
    return (
      <div role="alert" className="rounded-lg border border-bad/40 bg-bad-soft p-3">
        <p className="font-medium">{s.problem}</p>
        {faults.length > 0 ? (
          <ul className="mt-1 flex flex-col gap-1">
            {faults.map(({ step, field, message }) => (
              <li key={`${step}/${field}`}>
                <span className="inline-block first-letter:uppercase">{message}</span>{" "}
                <button type="button" className="text-accent hover:underline" onClick={() => onGo(step)}>
                  {s.goTo(steps[step])}
                </button>
              </li>
            ))}
          </ul>
        ) : (
          problem && <ProblemText problem={problem} />
        )}
        {faults.length > 0 && problem?.tryThis && <p className="mt-1 text-muted">{problem.tryThis}</p>}
      </div>
    );
  }
  if (!settled) {
    return (
      <div role="status" aria-label={s.checking}>
        <Skeleton className="h-10" />
      </div>
    );
  }
  return (
    <>
      <p role="status" className="flex items-center gap-2 rounded-lg bg-ok-soft p-3">
        <CircleCheck size={16} className="text-ok" />
        {s.good}
      </p>
      {warnings.length > 0 && (
        <div role="note" className="flex gap-3 rounded-lg bg-warn-soft p-3">
          <TriangleAlert size={16} className="mt-0.5 shrink-0 text-warn" />
          <div>
            <p className="font-medium">{s.warnings}</p>
            <ul>
              {warnings.map((warning) => (
                <li key={warning} className="first-letter:uppercase">
                  {warning}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

interface StepFacts {
  step: Step;
  facts: (readonly [name: string, value: ReactNode])[];
}

function factsOf(draft: Draft, { images, pools, nodes, networks, volumes }: DraftContext): StepFacts[] {
  const t = strings.createVm;
  const { source, disks, nics } = draft;
  const image = images.get(source === "image" ? draft.imageId : draft.isoId);
  const pool = (id: string) => {
    const found = pools.get(id);
    return found ? poolName(found, nodes) : id;
  };
  return [
    {
      step: "source",
      facts: [
        [t.source[source], source === "empty" ? "" : (image?.name ?? "")],
        ...(source === "image" ? [] : [[t.source.firmware, t.source.firmwares[draft.firmware]] as const]),
      ],
    },
    {
      step: "name",
      facts: [
        [t.name.name, draft.name],
        ...(draft.description ? [[t.name.description, draft.description] as const] : []),
        ...(draft.labels.trim() ? [[t.name.labels, draft.labels.trim().split("\n").join(", ")] as const] : []),
      ],
    },
    {
      step: "resources",
      facts: [
        [t.resources.cores, draft.cores],
        [t.resources.memory.replace(/ \(.*/, ""), memory(draft.memoryMib)],
        ...disks.map(
          ({ sizeGib, poolId }, i) =>
            [i === 0 ? t.resources.first : t.resources.disk(i + 1), s.disk(sizeGib, pool(poolId))] as const,
        ),
        ...draft.volumeIds.map((id, i) => [t.resources.volume(i + 1), volumes.get(id)?.name ?? id] as const),
      ],
    },
    {
      step: "network",
      facts: nics.map(({ networkId, macAddress }, i) => {
        const name = networkId ? (networks.get(networkId)?.name ?? networkId) : t.network.default;
        return [t.network.card(i + 1), [name, macAddress].filter(Boolean).join(", ")] as const;
      }),
    },
    {
      step: "placement",
      facts: [
        [steps.placement, draft.nodeId ? (nodes.get(draft.nodeId)?.hostname ?? draft.nodeId) : t.placement.automatic],
        [t.placement.start, draft.start ? strings.common.yes : strings.common.no],
      ],
    },
  ];
}
