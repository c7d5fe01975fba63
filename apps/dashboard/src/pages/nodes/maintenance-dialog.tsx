import { DrainVerdict_Action, NodeService, type DrainVerdict, type Node } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { useId, useMemo, useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { ProblemPanel } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { useElsewhere, type Elsewhere } from "./elsewhere.ts";

const s = strings.nodes.maintenance;
type Mode = "keep" | "drain";

/** Maintenance, with what happens to each VM before it happens. */
export function MaintenanceDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(NodeService);
  const [mode, setMode] = useState<Mode>("keep");
  const [graceSec, setGraceSec] = useState(120);
  const preview = usePreview(node);
  const [permission] = useCan([{ privilege: "node.maintain", object: { kind: "node", id: node.id } }]);
  const verdicts = preview.data?.verdicts ?? [];
  const count = (action: DrainVerdict_Action) => verdicts.filter((verdict) => verdict.action === action).length;
  const inTheWay = mode === "drain" ? count(DrainVerdict_Action.BLOCKED) : 0;
  const enter = async () => {
    const { id } = node;
    const idempotencyKey = newKey();
    if (mode === "keep") await client.disableNode({ id, idempotencyKey });
    else await client.drainNode({ id, gracePeriodSec: graceSec, force: true, idempotencyKey });
  };
  const blocked =
    blockedBy(permission) ??
    (inTheWay > 0 ? s.blockedBy(inTheWay) : undefined) ??
    (mode === "drain" ? preview.problem?.message : undefined);
  return (
    <FormDialog
      wide
      onClose={onClose}
      title={s.title(node.hostname)}
      description={s.text}
      submit={mode === "drain" ? s.shutDown(count(DrainVerdict_Action.SHUT_DOWN)) : s.enter}
      look={mode === "drain" && count(DrainVerdict_Action.SHUT_DOWN) > 0 ? "danger" : "primary"}
      blocked={blocked}
      work={enter}
    >
      {() => (
        <>
          <fieldset className="grid gap-2 sm:grid-cols-2">
            <legend className="sr-only">{s.preview}</legend>
            <Choice mode="keep" chosen={mode} onChoose={setMode} label={s.keep} hint={s.keepHint} />
            <Choice mode="drain" chosen={mode} onChoose={setMode} label={s.drain} hint={s.drainHint} />
          </fieldset>
          {mode === "drain" && (
            <div className="max-w-56">
              <Field label={s.grace}>
                <Input
                  type="number"
                  min={1}
                  max={86_400}
                  value={graceSec}
                  onChange={(event) => setGraceSec(Math.max(0, event.target.valueAsNumber || 0))}
                />
              </Field>
            </div>
          )}
          <section>
            <h3 className="mb-1 font-semibold">{s.preview}</h3>
            {preview.problem && mode === "drain" ? (
              <ProblemPanel problem={preview.problem} retry={preview.reload} />
            ) : preview.data ? (
              <Preview node={node} verdicts={verdicts} mode={mode} />
            ) : preview.problem ? (
              <p className="text-muted">{s.keepHint}</p>
            ) : (
              <SkeletonRows rows={3} />
            )}
          </section>
        </>
      )}
    </FormDialog>
  );
}

/** Asked again when the VMs there, or their states, are others. */
function usePreview(node: Node) {
  const client = useClient(NodeService);
  const { inventory } = useConnection();
  const vms = useRows(inventory.vm);
  const key = useMemo(
    () =>
      vms
        .filter(({ status }) => status?.nodeId === node.id)
        .map(({ id, status }) => `${id}${status?.state}`)
        .join(),
    [vms, node.id],
  );
  return useQuery(`drain ${node.id} ${node.status?.phase} ${key}`, (signal) =>
    client.drainNode({ id: node.id, force: true, dryRun: true }, { signal }),
  );
}

function Choice(props: { mode: Mode; chosen: Mode; onChoose: (mode: Mode) => void; label: string; hint: string }) {
  const { mode, chosen, onChoose, label, hint } = props;
  const id = useId();
  return (
    <div
      className={`flex gap-2 rounded-lg border p-3 ${mode === chosen ? "border-accent bg-accent-soft" : "border-line"}`}
    >
      <input
        id={id}
        type="radio"
        name="maintenance"
        className="mt-0.5 size-4 shrink-0 accent-accent"
        checked={mode === chosen}
        onChange={() => onChoose(mode)}
      />
      <label htmlFor={id}>
        <span className="font-medium">{label}</span>
        <span className="block text-muted">{hint}</span>
      </label>
    </div>
  );
}

const looks: Record<DrainVerdict_Action, { tone: Tone; word: string }> = {
  [DrainVerdict_Action.UNKNOWN]: { tone: "idle", word: "" },
  [DrainVerdict_Action.NOTHING]: { tone: "idle", word: s.verdicts.nothing },
  [DrainVerdict_Action.SHUT_DOWN]: { tone: "warn", word: s.verdicts.shutDown },
  [DrainVerdict_Action.BLOCKED]: { tone: "bad", word: s.verdicts.blocked },
};

function Preview({ node, verdicts, mode }: { node: Node; verdicts: readonly DrainVerdict[]; mode: Mode }) {
  const up = verdicts.filter(({ action }) => action !== DrainVerdict_Action.NOTHING);
  const elsewhere = useElsewhere(node.id, mode === "drain" ? up.map(({ vmId }) => vmId) : []);
  if (verdicts.length === 0) return <p className="text-muted">{s.previewNone}</p>;
  return (
    <>
      <ul className="max-h-80 divide-y divide-line/60 overflow-y-auto rounded-lg border border-line">
        {verdicts.map((verdict) => {
          const { tone, word } = looks[verdict.action];
          const runsOn = mode === "keep" && verdict.action !== DrainVerdict_Action.NOTHING;
          return (
            <li key={verdict.vmId} className="flex flex-wrap items-baseline gap-x-3 px-3 py-1.5">
              <Link to={`/vms/${verdict.vmId}` as never} className="font-medium hover:underline">
                {verdict.vmName}
              </Link>
              <span className="min-w-0 grow text-muted">
                {runsOn ? "" : verdict.reason}
                {!runsOn && <Fits verdict={elsewhere.of.get(verdict.vmId)} />}
              </span>
              <Badge tone={runsOn ? "ok" : tone}>{runsOn ? s.verdicts.keeps : word}</Badge>
            </li>
          );
        })}
      </ul>
      {elsewhere.rest > 0 && (
        <Button className="mt-2" busy={elsewhere.busy} onClick={elsewhere.more}>
          {s.checkElsewhere(elsewhere.rest)}
        </Button>
      )}
    </>
  );
}

function Fits({ verdict }: { verdict: Elsewhere | undefined }) {
  if (!verdict) return null;
  return `; ${verdict.host ? s.elsewhere(verdict.host) : s.nowhere(verdict.why)}`;
}
