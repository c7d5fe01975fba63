import type { ReactNode } from "react";
import { strings } from "../strings/index.ts";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Dialog } from "./dialog.tsx";

export interface SecretDialogProps {
  title: string;
  secret: string;
  /** Whose it is and what to do with it. */
  children?: ReactNode;
  onClose: () => void;
}

/** A secret that is shown once: no stray click takes it away. */
export function SecretDialog({ title, secret, children, onClose }: SecretDialogProps) {
  const s = strings.common;
  return (
    <Dialog
      open
      deliberate
      onClose={onClose}
      title={title}
      description={s.secretOnce}
      footer={
        <>
          <CopyButton text={secret} />
          <Button look="primary" onClick={onClose}>
            {s.secretKept}
          </Button>
        </>
      }
    >
      {children}
      <output className="my-2 block rounded-md border border-line-strong bg-ground p-3 font-mono text-[14px] break-all select-all">
        {secret}
      </output>
    </Dialog>
  );
}
