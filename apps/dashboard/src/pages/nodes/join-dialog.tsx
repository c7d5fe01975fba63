import { NodeService, type CreateJoinTokenResponse } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/problem.tsx";
import { At } from "../../ui/time.tsx";
import { nodeState } from "./node-state.ts";

const s = strings.nodes.joinDialog;

export function JoinDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      deliberate
      onClose={onClose}
      title={s.title}
      description={s.text}
      footer={<Button onClick={onClose}>{strings.common.close}</Button>}
    >
      <div className="pb-3">
        <JoinCommand />
      </div>
    </Dialog>
  );
}

/** Makes the line that a new host joins with, and shows the hosts that join while one looks. */
export function JoinCommand() {
  const client = useClient(NodeService);
  const [minutes, setMinutes] = useState(60);
  const [made, setMade] = useState<CreateJoinTokenResponse>();
  const [permission] = useCan([{ privilege: "node.join" }]);
  const make = useAction(() => client.createJoinToken({ expiresInMinutes: minutes, idempotencyKey: newKey() }), {
    quiet: true,
  });
  const line = `limiquantix-node join ${made?.controlPlane} --token ${made?.token}`;
  return (
    <div className="flex flex-col gap-3">
      {make.problem && <ProblemPanel problem={make.problem} />}
      {made === undefined ? (
        <div className="flex flex-wrap items-end gap-2">
          <Field label={s.minutes}>
            <Select value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
              {Object.entries(s.lifetimes).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          </Field>
          <Button
            look="primary"
            busy={make.busy}
            blocked={blockedBy(permission)}
            onClick={() => void make.run().then(setMade)}
          >
            {s.make}
          </Button>
        </div>
      ) : made.controlPlane === "" ? (
        <p role="alert" className="rounded-md bg-warn-soft p-3 text-warn">
          {s.noHttps}
        </p>
      ) : (
        <>
          <output
            aria-label={s.command}
            className="rounded-md border border-line-strong bg-ground p-3 font-mono text-[12px] break-all select-all"
          >
            {line}
          </output>
          <div className="flex gap-2">
            <CopyButton text={line} />
            <Button onClick={() => setMade(undefined)}>{s.again}</Button>
          </div>
          <p>
            {s.once} <At at={made.expiresAt} />.
          </p>
          <p className="text-muted">
            {s.bound} <code className="font-mono text-[12px] break-all">{made.caFingerprint}</code>.
          </p>
          <Newcomers />
        </>
      )}
    </div>
  );
}

/** Hosts that were not there when the command was made. */
function Newcomers() {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const [known] = useState(() => new Set(nodes.map(({ id }) => id)));
  const joined = nodes.filter(({ id }) => !known.has(id));
  return (
    <div role="status" className="rounded-md border border-line p-3">
      {joined.length === 0 ? (
        <StateDot tone="info" busy label={s.waiting} />
      ) : (
        <ul>
          {joined.map((node) => (
            <li key={node.id} className="flex items-center gap-3">
              <Link to={`/nodes/${node.id}` as never} className="grow font-medium text-accent hover:underline">
                {s.joined(node.hostname)}
              </Link>
              <StateDot {...nodeState(node)} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
