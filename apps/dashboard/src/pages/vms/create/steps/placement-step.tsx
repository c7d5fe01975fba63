import type { HostVerdict } from "@limiquantix/api";
import { TriangleAlert } from "lucide-react";
import { strings } from "../../../../strings/index.ts";
import { Badge, StateDot } from "../../../../ui/badge.tsx";
import { Checkbox } from "../../../../ui/field.tsx";
import { ProblemPanel } from "../../../../ui/problem.tsx";
import { SkeletonRows } from "../../../../ui/states.tsx";
import type { StepProps } from "../step-props.ts";
import type { WhyNot } from "../use-why-not.ts";

const s = strings.createVm.placement;

export function PlacementStep({ draft, change, fault, whyNot }: StepProps & { whyNot: WhyNot }) {
  const { hosts, chosenNodeId, problem, asking } = whyNot;
  const error = fault("nodeId");
  const noneFits = hosts.length > 0 && !hosts.some(({ fits }) => fits);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{s.text}</p>
      {noneFits && (
        <div role="alert" className="flex gap-3 rounded-lg bg-warn-soft p-3">
          <TriangleAlert size={16} className="mt-0.5 shrink-0 text-warn" />
          <div>
            <p className="font-medium">{s.none}</p>
            <p>{s.noneText}</p>
          </div>
        </div>
      )}
      <div
        role="radiogroup"
        aria-label={strings.createVm.steps.placement}
        aria-busy={asking}
        aria-invalid={error !== undefined}
        tabIndex={error === undefined ? undefined : -1}
        className={`overflow-hidden rounded-lg border ${error ? "border-bad" : "border-line"}`}
      >
        <Choice
          checked={draft.nodeId === ""}
          onChoose={() => change({ nodeId: "" })}
          title={s.automatic}
          text={s.automaticText}
        />
        <div className="max-h-[50dvh] overflow-y-auto">
          {hosts.map((host, i) => (
            <Host
              key={host.nodeId || `${host.hostname}-${i}`}
              host={host}
              checked={host.nodeId !== "" && draft.nodeId === host.nodeId}
              chosen={host.nodeId !== "" && host.nodeId === chosenNodeId}
              onChoose={() => change({ nodeId: host.nodeId })}
            />
          ))}
          {hosts.length === 0 && asking && <SkeletonRows rows={4} />}
        </div>
      </div>
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
      {problem && <ProblemPanel problem={problem} />}
      <Checkbox label={s.start} checked={draft.start} onChange={(event) => change({ start: event.target.checked })} />
    </div>
  );
}

interface HostProps {
  host: HostVerdict;
  checked: boolean;
  chosen: boolean;
  onChoose: () => void;
}

function Host({ host, checked, chosen, onChoose }: HostProps) {
  return (
    <Choice
      checked={checked}
      onChoose={onChoose}
      disabled={host.nodeId === ""}
      title={host.hostname}
      text={host.objections.map(({ message }) => message).join("; ")}
      aside={
        <>
          {chosen && <Badge tone="info">{s.chosen}</Badge>}
          <StateDot tone={host.fits ? "ok" : "bad"} label={host.fits ? s.fits : s.doesNot} />
        </>
      }
    />
  );
}

interface ChoiceProps {
  checked: boolean;
  onChoose: () => void;
  title: string;
  text: string;
  aside?: React.ReactNode;
  disabled?: boolean;
}

function Choice({ checked, onChoose, title, text, aside, disabled = false }: ChoiceProps) {
  return (
    <label
      className={`flex items-center gap-3 border-b border-line/60 px-3 py-2 last:border-0 ${disabled ? "" : "cursor-pointer hover:bg-hover"} ${checked ? "bg-accent-soft" : ""}`}
    >
      <input
        type="radio"
        name="node"
        className="size-4 shrink-0 accent-accent"
        checked={checked}
        disabled={disabled}
        onChange={onChoose}
      />
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">{title}</span>
        {text && <span className="block text-muted first-letter:uppercase">{text}</span>}
      </span>
      <span className="flex shrink-0 flex-wrap items-center justify-end gap-2">{aside}</span>
    </label>
  );
}
