import type { ReactNode } from "react";

const tones = {
  info: "bg-info-soft text-info",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

/** A line over the page that one has to know of. */
export function Notice({
  tone,
  title,
  action,
  children,
}: {
  tone: keyof typeof tones;
  title: string;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div
      role="status"
      className={`flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2 ${tones[tone]}`}
    >
      <p className="min-w-0 grow break-words">
        <span className="font-medium">{title}</span>
        {children && <span className="text-text"> {children}</span>}
      </p>
      {action}
    </div>
  );
}
