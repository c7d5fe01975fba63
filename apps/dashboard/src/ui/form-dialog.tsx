import { useId, type FormEvent, type ReactNode } from "react";
import type { Problem } from "@limiquantix/api";
import { useAction } from "../api/use-action.tsx";
import { strings } from "../strings/index.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ProblemText } from "./problem.tsx";

/** What is wrong with a field, by the last part of its path in the request. */
export type FieldErrors = (field: string) => string | undefined;

export interface FormDialogProps {
  title: string;
  description?: ReactNode;
  /** On the button that does it. */
  submit: string;
  /** Throws what the form then shows: at a field that it names, or above all of them. */
  work: () => Promise<unknown>;
  /** Said when it has been done. */
  done?: string;
  /** It is done, or given up. */
  onClose: () => void;
  /** Given up, where that is another thing than done: a form with a next step. */
  onCancel?: () => void;
  /** Why it cannot be sent as it is. */
  blocked?: string | undefined;
  look?: "primary" | "danger";
  wide?: boolean;
  /** Fields that show what is wrong with them: the rest of it is said above. */
  fields?: readonly string[];
  children?: (error: FieldErrors) => ReactNode;
}

/** A small form in a dialog. It closes when its work is done, and stays with what was typed when it failed. */
export function FormDialog(props: FormDialogProps) {
  const { title, description, submit, work, done, onClose, blocked, look = "primary", wide = false } = props;
  const cancel = props.onCancel ?? onClose;
  const form = useId();
  const attempt = useAction(
    async () => {
      await work();
      return true;
    },
    { quiet: true, ...(done && { done }) },
  );
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (blocked === undefined && !attempt.busy && (await attempt.run())) onClose();
  };
  const error = fieldErrors(attempt.problem);
  const atFields = (attempt.problem?.fields ?? []).filter(({ field }) =>
    props.fields?.some((name) => isField(field, name)),
  );
  const toldAtFields = atFields.length > 0 && atFields.length === attempt.problem?.fields.length;
  return (
    <Dialog
      open
      onClose={cancel}
      title={title}
      description={description}
      wide={wide}
      footer={
        <>
          <Button onClick={cancel}>{strings.common.cancel}</Button>
          <Button type="submit" form={form} look={look} busy={attempt.busy} blocked={blocked}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={(event) => void onSubmit(event)} className="flex flex-col gap-4 py-1">
        {attempt.problem && !toldAtFields && (
          <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={attempt.problem} />
          </div>
        )}
        {props.children?.(error)}
      </form>
    </Dialog>
  );
}

export function fieldErrors(problem: Problem | undefined): FieldErrors {
  return (name) => problem?.fields.find(({ field }) => isField(field, name))?.message;
}

/** spec.disks[0].sizeGib is sizeGib; provider.ldap.urls[0] is urls. */
function isField(path: string | undefined, name: string): boolean {
  const last = path
    ?.replace(/\[[^\]]*\]$/, "")
    .split(".")
    .at(-1);
  return last?.replaceAll("_", "").toLowerCase() === name.toLowerCase();
}
