import type { ComponentProps, ReactNode } from "react";
import { Tooltip } from "./tooltip.tsx";

type Look = "primary" | "plain" | "ghost" | "danger";

const looks: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover border-transparent",
  plain: "bg-surface text-text border-line-strong hover:bg-hover",
  ghost: "bg-transparent text-text border-transparent hover:bg-hover",
  danger: "bg-bad-soft text-bad border-bad/40 hover:border-bad",
};

export interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  icon?: ReactNode;
  busy?: boolean;
  /** Why it cannot be used now. It stays in the order of the Tab key, so that one can read the reason. */
  blocked?: string | undefined;
}

export function Button({
  look = "plain",
  icon,
  busy,
  blocked,
  className = "",
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const off = busy === true || blocked !== undefined;
  return (
    // Always around it: a button that is blocked while its dialog is open stays the same one, and gets the focus back.
    <Tooltip text={blocked}>
      <button
        type="button"
        aria-disabled={off || undefined}
        aria-busy={busy || undefined}
        onClick={off ? (event) => event.preventDefault() : onClick}
        className={`inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50 ${looks[look]} ${children ? "px-3" : "w-8"} ${className}`}
        {...rest}
      >
        {icon}
        {children}
      </button>
    </Tooltip>
  );
}
