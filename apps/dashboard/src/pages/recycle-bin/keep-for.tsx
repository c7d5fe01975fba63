import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { strings } from "../../strings/index.ts";
import { Field, Select } from "../../ui/field.tsx";

const s = strings.recycleBin.keep;
const hourMs = 3_600_000;
const choices = [
  ["", s.usual],
  ["1", s.hour],
  ["168", s.days(7)],
  ["720", s.days(30)],
  ["0", s.not],
] as const;

/** Hours as text; empty: as the platform does it. */
export type KeepFor = (typeof choices)[number][0];

export function KeepForField({ value, onChange }: { value: KeepFor; onChange: (value: KeepFor) => void }) {
  return (
    <Field label={s.label} hint={value === "0" ? s.hintNot : s.hint}>
      <Select value={value} onChange={(event) => onChange(event.target.value as KeepFor)}>
        {choices.map(([hours, label]) => (
          <option key={hours} value={hours}>
            {label}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** For a request; nothing where the platform's own time holds. */
export function keepForOf(value: KeepFor) {
  return value === "" ? {} : { keepFor: durationFromMs(Number(value) * hourMs) };
}
