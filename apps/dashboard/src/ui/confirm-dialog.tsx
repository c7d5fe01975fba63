import type { Problem } from "@limiquantix/api";
import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field, Input } from "./field.tsx";
import { ProblemText } from "./problem.tsx";

export interface ConfirmDialogProps {
  title: string;
  /** What will happen, with the object's name in it. */
  children: ReactNode;
  /** On the button: what it does, not "OK". */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
  busy?: boolean;
  problem?: Problem | undefined;
  /** To be typed first, for what cannot be undone. */
  name?: string;
  /** Why it cannot be done now. */
  blocked?: string | undefined;
  danger?: boolean;
}

/** Asks before something is done that one may regret. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, action, onConfirm, onClose, busy, problem, name, blocked, danger = true } = props;
  const [typed, setTyped] = useState("");
  const ready = name === undefined || typed.trim() === name;
  const form = "confirm-dialog";
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            look={danger ? "danger" : "primary"}
            busy={busy ?? false}
            blocked={blocked ?? (ready ? undefined : `Type ${name} first`)}
          >
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-3 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy && blocked === undefined) onConfirm();
        }}
      >
        {children}
        {name !== undefined && (
          <Field label={`Type ${name} to go on`}>
            <Input autoFocus autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
        )}
        {problem && (
          <div role="alert" className="rounded-md bg-bad-soft p-3">
            <ProblemText problem={problem} />
          </div>
        )}
      </form>
    </Dialog>
  );
}
