import { AuditService, type VerifyAuditResponse } from "@limiquantix/api";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { useAction } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { fieldErrors } from "../../ui/form-dialog.tsx";
import { ProblemText } from "../../ui/problem.tsx";

const s = strings.audit;

export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const client = useClient(AuditService);
  const [knownId, setKnownId] = useState("");
  const [knownHash, setKnownHash] = useState("");
  const [answer, setAnswer] = useState<VerifyAuditResponse>();
  const verify = useAction(
    async () => {
      setAnswer(undefined);
      setAnswer(await client.verifyAudit({ knownId: knownId.trim(), knownHash: knownHash.trim() }));
    },
    { quiet: true },
  );
  const error = fieldErrors(verify.problem);
  return (
    <Dialog
      open
      onClose={onClose}
      title={s.verifyTitle}
      description={s.verifyText}
      footer={
        <>
          <Button onClick={onClose}>{strings.common.close}</Button>
          <Button look="primary" busy={verify.busy} onClick={() => void verify.run()}>
            {s.start}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 py-1">
        {verify.problem && (
          <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={verify.problem} />
          </div>
        )}
        <div aria-live="polite">{answer && <Answer answer={answer} />}</div>
        <Field label={s.knownId} hint={s.optional} error={error("knownId")}>
          <Input className="font-mono" value={knownId} onChange={(event) => setKnownId(event.target.value)} />
        </Field>
        <Field label={s.knownHash} error={error("knownHash")}>
          <Input className="font-mono" value={knownHash} onChange={(event) => setKnownHash(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}

function Answer({ answer }: { answer: VerifyAuditResponse }) {
  if (!answer.intact) {
    return (
      <div className="rounded-md border border-bad/40 bg-bad-soft p-3">
        <p className="flex items-center gap-2 font-semibold text-bad">
          <ShieldAlert size={16} aria-hidden /> {s.broken(answer.brokenId)}
        </p>
        <p className="mt-1">{answer.why}</p>
      </div>
    );
  }
  const head = `${answer.headId} ${answer.headHash}`;
  return (
    <div className="rounded-md border border-line bg-ok-soft p-3">
      <p className="flex items-center gap-2 font-semibold text-ok">
        <ShieldCheck size={16} aria-hidden /> {s.intact(answer.records)}
      </p>
      <p className="mt-2">{s.head}</p>
      <output className="my-2 block font-mono text-[12px] break-all select-all">{head}</output>
      <CopyButton text={head} />
    </div>
  );
}
