import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PoolThresholdsSchema } from "@limiquantix/api";
import { strings } from "../../../strings/index.ts";
import { Field, Input } from "../../../ui/field.tsx";
import type { FieldErrors } from "../../../ui/form-dialog.tsx";

const s = strings.addPool;

/** Percent, as typed; empty: as usual. */
export interface TypedThresholds {
  warn: string;
  stop: string;
  overcommit: string;
}

export function thresholdsFrom({
  warn,
  stop,
  overcommit,
}: TypedThresholds): MessageInitShape<typeof PoolThresholdsSchema> {
  return { warnPercent: Number(warn) || 0, stopPercent: Number(stop) || 0, overcommitPercent: Number(overcommit) || 0 };
}

export function ThresholdFields(props: {
  typed: TypedThresholds;
  onChange: (typed: TypedThresholds) => void;
  error: FieldErrors;
}) {
  const { typed, onChange, error } = props;
  const field = (name: keyof TypedThresholds, label: string, hint: string, placeholder: string) => (
    <Field label={label} hint={hint} error={error(`${name}Percent`)}>
      <Input
        type="number"
        min={1}
        placeholder={placeholder}
        value={typed[name]}
        onChange={(event) => onChange({ ...typed, [name]: event.target.value })}
      />
    </Field>
  );
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      {field("warn", s.warn, s.warnHint, "80")}
      {field("stop", s.stop, s.stopHint, "95")}
      {field("overcommit", s.overcommit, s.overcommitHint, "")}
    </div>
  );
}
