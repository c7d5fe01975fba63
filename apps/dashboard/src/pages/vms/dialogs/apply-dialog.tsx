import { Reason, VMService } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { ProblemText } from "../../../ui/problem.tsx";
import { aroundChanges, diffLines } from "../line-diff.ts";
import { documentYaml, type SpecDocument } from "../spec-document.ts";
import { stateName } from "../vm-state.ts";
import { told } from "./disk-dialogs.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.spec;

export interface ApplyDialogProps extends VmDialogProps {
  /** What the text was based on, and what the VM is now: the same unless somebody else changed it. */
  base: string;
  now: string;
  document: SpecDocument;
  /** What of it is sent. */
  paths: readonly string[];
  onReload: () => void;
  onApplied: () => void;
}

/** What will be different, and what the server says to it; then it is done. */
export function ApplyDialog(props: ApplyDialogProps) {
  const { vm, base, now, document, paths, onReload, onApplied, onClose } = props;
  const client = useClient(VMService);
  const lines = useMemo(() => aroundChanges(diffLines(base, documentYaml(document))), [base, document]);
  // A row's revision goes up with its state too: while what can be written is as it was, the newest one is meant.
  const conflict = base !== now;
  const update = (dryRun: boolean, signal?: AbortSignal) =>
    client.updateVM(
      {
        ...document,
        id: vm.id,
        updateMask: { paths: [...paths] },
        revision: conflict ? 1n : vm.revision,
        idempotencyKey: newKey(),
        dryRun,
      },
      signal ? { signal } : {},
    );
  const check = useQuery(`${vm.id} ${conflict} ${documentYaml(document)}`, (signal) => update(true, signal));
  const apply = useAction(
    async () => {
      told(s.applied, await update(false));
      onApplied();
    },
    { quiet: true },
  );
  const problem = apply.problem ?? check.problem;
  const runs = ["RUNNING", "PAUSED", "STARTING"].includes(stateName(vm));
  const warnings = check.data?.warnings ?? [];
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={s.title(vm.name)}
      description={paths.join(", ")}
      footer={
        <>
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button
            look="primary"
            busy={apply.busy || check.loading}
            blocked={problem ? problem.message : undefined}
            onClick={() => void apply.run()}
          >
            {s.apply}
          </Button>
        </>
      }
    >
      <Diff lines={lines} />
      <div aria-live="polite" className="min-h-10 py-3">
        {problem ? (
          <div className="flex flex-wrap items-start gap-3 rounded-md bg-bad-soft p-3">
            <div className="min-w-0 grow">
              <ProblemText problem={problem} />
            </div>
            {problem.reason === Reason.REVISION_CONFLICT && <Button onClick={onReload}>{s.reload}</Button>}
          </div>
        ) : check.loading ? (
          <p className="text-faint">{s.checking}</p>
        ) : warnings.length > 0 ? (
          <ul className="text-warn">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        ) : (
          <p className={runs ? "text-ok" : "text-muted"}>{runs ? s.live : s.stopped}</p>
        )}
      </div>
    </Dialog>
  );
}

const looks = { same: "text-muted", added: "bg-ok-soft text-ok", removed: "bg-bad-soft text-bad" };
const signs = { same: " ", added: "+", removed: "-" };

function Diff({ lines }: { lines: ReturnType<typeof aroundChanges> }) {
  return (
    <div
      role="region"
      // A scrolled region must be reachable by keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      aria-label={s.review}
      className="overflow-x-auto rounded-md border border-line py-1"
    >
      <pre className="min-w-fit font-mono text-[12px]">
        {lines.map((line, i) =>
          typeof line === "number" ? (
            <div key={i} className="px-3 text-faint">
              {s.same(line)}
            </div>
          ) : (
            <div key={i} className={`px-3 ${looks[line.kind]}`}>
              {line.kind !== "same" && <span className="sr-only">{s[line.kind]}: </span>}
              <span aria-hidden>{signs[line.kind]} </span>
              {line.text}
            </div>
          ),
        )}
      </pre>
    </div>
  );
}
