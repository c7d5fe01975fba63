import type { Problem } from "@limiquantix/api";
import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field, Input } from "./field.tsx";
import { ProblemText } from "./problem.tsx";

export interface ConfirmProps {
  onClose: () => void;
  title: string;
  children?: ReactNode;
  /** The verb, on the button that does it. */
  verb: string;
  onConfirm: () => void;
  danger?: boolean;
  busy?: boolean;
  problem?: Problem | undefined;
  /** What has to be typed first, and what asks for it. */
  typed?: { text: string; label: string } | undefined;
}

/** Asks before something that cannot be taken back; the title names the object. */
export function Confirm(props: ConfirmProps) {
  const { onClose, title, children, verb, onConfirm, danger = false, busy = false, problem, typed } = props;
  const [text, setText] = useState("");
  const ready = !typed || text.trim() === typed.text;
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look={danger ? "danger" : "primary"} busy={busy || !ready} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 pb-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) onConfirm();
        }}
      >
        {children}
        {typed && (
          <Field label={typed.label}>
            <Input
              value={text}
              onChange={(event) => setText(event.target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
        )}
        {problem && (
          <div role="alert" className="rounded-md bg-bad-soft px-3 py-2">
            <ProblemText problem={problem} />
          </div>
        )}
      </form>
    </Dialog>
  );
}
