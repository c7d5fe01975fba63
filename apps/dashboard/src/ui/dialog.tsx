import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { useKeptFocus, useReturnFocus } from "./return-focus.ts";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Buttons, the one that does it last. */
  footer?: ReactNode;
  wide?: boolean;
  /** Closed by its own buttons only: what it shows is shown once. */
  deliberate?: boolean;
}

export function Dialog(props: DialogProps) {
  const { open, onClose, deliberate = false } = props;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && !deliberate && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity data-[ending-style]:opacity-0 data-[starting-style]:opacity-0" />
        <Popup {...props} />
      </Base.Portal>
    </Base.Root>
  );
}

/** In the page only while it is open. */
function Popup({ title, description, children, footer, wide = false, deliberate = false }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  const returnFocus = useReturnFocus();
  useKeptFocus(popup);
  return (
    <Base.Popup
      ref={popup}
      finalFocus={returnFocus}
      className={`fixed top-[8dvh] left-1/2 z-40 flex max-h-[84dvh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-xl border border-line bg-raised shadow-2xl outline-none ${wide ? "max-w-4xl" : "max-w-lg"}`}
    >
      <header className="flex items-start gap-3 px-5 pt-4 pb-2">
        <div className="min-w-0 grow">
          <Base.Title className="text-[15px] font-semibold">{title}</Base.Title>
          {description && <Base.Description className="mt-1 text-muted">{description}</Base.Description>}
        </div>
        {!deliberate && (
          <Base.Close aria-label="Close" className="rounded-md p-1 text-muted hover:bg-hover hover:text-text">
            <X size={16} />
          </Base.Close>
        )}
      </header>
      <div className="min-h-0 grow overflow-y-auto px-5 py-2">{children}</div>
      {footer && <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
    </Base.Popup>
  );
}
