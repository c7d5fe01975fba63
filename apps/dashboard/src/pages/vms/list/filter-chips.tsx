import { X } from "lucide-react";
import { strings } from "../../../strings/index.ts";

export interface Chip {
  /** Project: default. */
  label: string;
  onRemove: () => void;
}

/** Filters that came from elsewhere in the product, each with a way to take it off. */
export function FilterChips({ chips }: { chips: readonly Chip[] }) {
  return chips.map(({ label, onRemove }) => (
    <span key={label} className="inline-flex h-6 items-center gap-1 rounded-full bg-accent-soft pr-1 pl-2.5">
      {label}
      <button
        type="button"
        aria-label={strings.vms.filters.remove(label)}
        className="rounded-full p-0.5 text-muted hover:bg-pressed hover:text-text"
        onClick={onRemove}
      >
        <X size={13} />
      </button>
    </span>
  ));
}
