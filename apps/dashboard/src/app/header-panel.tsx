import { Popover } from "@base-ui/react/popover";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { OnDemandProps } from "../ui/on-demand.tsx";

export interface HeaderPanelProps extends OnDemandProps {
  title: string;
  /** The button in the header: what it is called, and what it looks like. */
  label: string;
  face: ReactNode;
  className: string;
  /** Beside the title. */
  actions?: ReactNode;
  children: ReactNode;
  /** Where all of it is. */
  all: { to: string; label: string };
}

/** A button of the header with a list that opens below it. */
export function HeaderPanel(props: HeaderPanelProps) {
  const { title, label, face, className, actions, children, all, focused, opened } = props;
  return (
    <Popover.Root defaultOpen={opened}>
      <Popover.Trigger autoFocus={focused} aria-label={label} className={className}>
        {face}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-40">
          <Popover.Popup className="flex max-h-[70dvh] w-[min(26rem,calc(100vw-1rem))] flex-col rounded-xl border border-line bg-raised shadow-2xl outline-none">
            <div className="flex min-h-10 items-center gap-2 border-b border-line px-4">
              <Popover.Title className="grow font-semibold">{title}</Popover.Title>
              {actions}
            </div>
            <div className="min-h-0 grow overflow-y-auto">{children}</div>
            <PanelLink to={all.to} className="border-t border-line px-4 py-2 text-center text-accent hover:underline">
              {all.label}
            </PanelLink>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** A link within the panel, which closes it. */
export function PanelLink({ to, className, children }: { to: string; className: string; children: ReactNode }) {
  const [path, query = ""] = to.split("?");
  const search = Object.fromEntries(new URLSearchParams(query));
  return (
    <Popover.Close
      nativeButton={false}
      render={<Link to={path as never} search={search as never} className={className} />}
    >
      {children}
    </Popover.Close>
  );
}
