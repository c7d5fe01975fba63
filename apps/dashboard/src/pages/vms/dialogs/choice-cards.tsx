import { useId } from "react";

export interface CardChoice<Value extends string> {
  value: Value;
  title: string;
  hint: string;
  /** Why it cannot be chosen. */
  blocked?: string | undefined;
}

/** One of a few, each with what it means. */
export function ChoiceCards<Value extends string>(props: {
  legend: string;
  value: Value;
  onChange: (value: Value) => void;
  choices: readonly CardChoice<Value>[];
}) {
  const { legend, value, onChange, choices } = props;
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">{legend}</legend>
      {choices.map(({ value: one, title, hint, blocked }) => (
        <label
          key={one}
          className={`flex gap-2.5 rounded-md border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft ${blocked === undefined ? "cursor-pointer" : "cursor-not-allowed"}`}
        >
          <input
            type="radio"
            name={name}
            className="mt-0.5 size-4 shrink-0 accent-accent"
            aria-label={title}
            disabled={blocked !== undefined}
            checked={value === one}
            onChange={() => onChange(one)}
          />
          <span className="min-w-0">
            <span className={`block font-medium ${blocked === undefined ? "" : "text-muted"}`}>{title}</span>
            <span className="block text-muted">{blocked ?? hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
