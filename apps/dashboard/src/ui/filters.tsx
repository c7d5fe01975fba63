import type { ReactNode } from "react";
import { Input, Select } from "./field.tsx";

/** The row of filters above a table. */
export function Filters({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">{children}</div>;
}

export interface FilterTextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
}

export function FilterText({ label, value, onChange, className = "sm:max-w-72" }: FilterTextProps) {
  return (
    <Input
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={className}
    />
  );
}

export interface FilterSelectProps {
  label: string;
  /** Said when nothing is chosen. */
  all: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, label: string])[];
}

export function FilterSelect({ label, all, value, onChange, options }: FilterSelectProps) {
  const known = value === "" || options.some(([option]) => option === value);
  return (
    <Select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="max-sm:w-auto max-sm:min-w-0 max-sm:grow max-sm:basis-2/5 sm:max-w-44 sm:shrink-0"
    >
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </Select>
  );
}
