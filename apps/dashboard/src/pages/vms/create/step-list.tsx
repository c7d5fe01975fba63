import { Check, CircleAlert } from "lucide-react";
import { useRef } from "react";
import { strings } from "../../../strings/index.ts";
import { useInSight } from "../../../ui/use-in-sight.ts";
import { steps, type Step } from "./draft.ts";

const s = strings.createVm;

export interface StepListProps {
  current: Step;
  /** The farthest that was reached: behind it nothing is said of what is missing. */
  reached: number;
  faulty: ReadonlySet<Step>;
  onGo: (step: Step) => void;
}

/** The steps, where one is, and which of those behind have something to correct. */
export function StepList({ current, reached, faulty, onGo }: StepListProps) {
  const at = steps.indexOf(current);
  const list = useRef<HTMLOListElement>(null);
  useInSight(list, at);
  return (
    <nav aria-label={s.progress} className="shrink-0 border-line max-md:border-b md:w-48 md:border-r">
      <ol ref={list} className="flex gap-1 overflow-x-auto p-2 md:flex-col md:p-3">
        {steps.map((step, i) => {
          const bad = faulty.has(step) && i <= reached && i !== at;
          const done = i < reached && !faulty.has(step) && i !== at;
          return (
            <li key={step} className="shrink-0">
              <button
                type="button"
                aria-current={i === at ? "step" : undefined}
                onClick={() => onGo(step)}
                className={`flex h-8 w-full items-center gap-2 rounded-md px-2 text-left whitespace-nowrap ${i === at ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-hover hover:text-text"}`}
              >
                <span className="flex w-4 justify-center tabular-nums">
                  {bad ? (
                    <CircleAlert size={15} className="text-bad" aria-label={s.faults(1)} />
                  ) : done ? (
                    <Check size={15} className="text-ok" aria-hidden />
                  ) : (
                    i + 1
                  )}
                </span>
                {s.steps[step]}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
