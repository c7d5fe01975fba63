import { useId, type ComponentProps, type ReactElement, type ReactNode } from "react";
import { cloneElement } from "react";

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with it; from the form or from the server's answer. */
  error?: string | undefined;
  children: ReactElement<{ id?: string; "aria-invalid"?: boolean; "aria-describedby"?: string }>;
}

/** A control with its name above it, and what is wrong or worth knowing below. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  const described = error || hint ? { "aria-describedby": note } : {};
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {cloneElement(children, { id, "aria-invalid": error !== undefined, ...described })}
      {(error ?? hint) && (
        <p id={note} role={error ? "alert" : undefined} className={error ? "text-bad" : "text-muted"}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

const box =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 text-text placeholder:text-faint aria-invalid:border-bad disabled:opacity-60";

export function Input({ className = "", ...rest }: ComponentProps<"input">) {
  return <input className={`h-8 ${box} ${className}`} {...rest} />;
}

export function TextArea({ className = "", ...rest }: ComponentProps<"textarea">) {
  return <textarea className={`py-1.5 ${box} ${className}`} {...rest} />;
}

export function Select({ className = "", children, ...rest }: ComponentProps<"select">) {
  return (
    <select className={`h-8 ${box} ${className}`} {...rest}>
      {children}
    </select>
  );
}

export function Checkbox({ label, hint, ...rest }: ComponentProps<"input"> & { label: string; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className="flex gap-2">
      <input id={id} type="checkbox" className="mt-0.5 size-4 accent-accent" {...rest} />
      <label htmlFor={id}>
        <span className="font-medium">{label}</span>
        {hint && <span className="block text-muted">{hint}</span>}
      </label>
    </div>
  );
}
