import { useState, type ReactNode } from "react";
import { strings } from "../strings/index.ts";
import { Field, Input } from "./field.tsx";
import { FormDialog } from "./form-dialog.tsx";

export interface AskFirstProps {
  /** Names the object: Delete the project web? */
  title: string;
  /** What becomes of it. */
  children?: ReactNode;
  /** On the button: the verb. */
  action: string;
  work: () => Promise<unknown>;
  done?: string;
  onClose: () => void;
  /** What can be undone easily is no danger. */
  danger?: boolean;
  /** For what cannot be undone and takes much with it: this must be typed. */
  typed?: string;
}

/** Asks before something is destroyed. */
export function AskFirst({ title, children, action, work, done, onClose, danger = true, typed }: AskFirstProps) {
  const [text, setText] = useState("");
  const blocked = typed !== undefined && text.trim() !== typed ? strings.common.typeName(typed) : undefined;
  return (
    <FormDialog
      title={title}
      submit={action}
      look={danger ? "danger" : "primary"}
      work={work}
      onClose={onClose}
      blocked={blocked}
      {...(done && { done })}
    >
      {() => (
        <>
          {children && <div className="flex flex-col gap-3">{children}</div>}
          {typed !== undefined && (
            <Field label={strings.common.typeName(typed)}>
              <Input autoFocus autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
            </Field>
          )}
        </>
      )}
    </FormDialog>
  );
}
