import { lazy, Suspense, useState } from "react";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { SkeletonRows } from "../../../ui/states.tsx";
import { ApplyDialog } from "../dialogs/apply-dialog.tsx";
import { DocumentFault, documentOf, documentYaml, maskBetween, parseDocument } from "../spec-document.ts";
import { deviceBlocked } from "../vm-actions.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { Notice } from "./notice.tsx";

const YamlEditor = lazy(() =>
  import("../../../ui/yaml-editor.tsx").then(({ YamlEditor }) => ({ default: YamlEditor })),
);

const s = strings.vm.spec;

/** What is wanted of the VM, to read and to write. Nothing is sent before its difference was seen. */
export function SpecTab({ vm, can }: VmTabProps) {
  const now = documentYaml(documentOf(vm));
  const [base, setBase] = useState(now);
  const [text, setText] = useState(now);
  const [reviewing, setReviewing] = useState(false);
  const touched = text !== base;
  // Nothing was typed: it goes along with what the VM becomes.
  if (!touched && base !== now) {
    setBase(now);
    setText(now);
  }
  const blocked = deviceBlocked(vm) ?? can.action(vm, "edit");
  const parsed = attempt(text);
  const fault = "fault" in parsed ? parsed.fault : undefined;
  const paths = "document" in parsed ? maskBetween(parseDocument(base), parsed.document) : [];
  const reload = () => {
    setBase(now);
    setText(now);
    setReviewing(false);
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <p className="min-w-0 grow text-muted">{s.text}</p>
        {touched && (
          <Button look="ghost" onClick={reload}>
            {s.reset}
          </Button>
        )}
        <Button
          look="primary"
          blocked={blocked ?? fault?.message ?? (paths.length === 0 ? s.noChange : undefined)}
          onClick={() => setReviewing(true)}
        >
          {s.review}
        </Button>
      </div>
      {touched && base !== now && (
        <Notice tone="warn" title={s.changed} action={<Button onClick={reload}>{s.reload}</Button>}>
          {s.changedText}
        </Notice>
      )}
      {fault && (
        <Notice tone="bad" title={s.invalid + (fault.line ? ` (${s.line(fault.line)})` : "")}>
          {fault.message}
        </Notice>
      )}
      <Suspense fallback={<SkeletonRows rows={16} />}>
        <YamlEditor
          label={s.label}
          value={text}
          onChange={setText}
          readOnly={blocked !== undefined}
          className="m-4 grow"
        />
      </Suspense>
      {reviewing && "document" in parsed && (
        <ApplyDialog
          vm={vm}
          base={base}
          now={now}
          document={parsed.document}
          paths={paths}
          onReload={reload}
          onApplied={() => {
            setBase(text);
            setReviewing(false);
          }}
          onClose={() => setReviewing(false)}
        />
      )}
    </div>
  );
}

function attempt(text: string): { document: ReturnType<typeof parseDocument> } | { fault: DocumentFault } {
  try {
    return { document: parseDocument(text) };
  } catch (error) {
    if (error instanceof DocumentFault) return { fault: error };
    throw error;
  }
}
