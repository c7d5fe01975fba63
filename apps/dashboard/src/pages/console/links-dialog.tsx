import { VMService, type CreateConsoleLinkResponse } from "@limiquantix/api";
import { Link2 } from "lucide-react";
import { useCallback, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, Field, Input, Select } from "../../ui/field.tsx";
import { ProblemText } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Until } from "../../ui/time.tsx";

const s = strings.console.links;

/** Makes, lists and revokes the ways to a VM's screen that need no account. */
export function LinksDialog({ vmId, onClose }: { vmId: string; onClose: () => void }) {
  const client = useClient(VMService);
  const [minutes, setMinutes] = useState(60);
  const [note, setNote] = useState("");
  const [viewOnly, setViewOnly] = useState(true);
  const [made, setMade] = useState<CreateConsoleLinkResponse>();
  const links = useQuery(`links ${vmId}`, (signal) => client.listConsoleLinks({ vmId }, { signal }));
  const { reload } = links;
  const create = useAction(
    useCallback(async () => {
      setMade(await client.createConsoleLink({ vmId, minutes, viewOnly, note, idempotencyKey: newKey() }));
      setNote("");
      reload();
    }, [client, vmId, minutes, viewOnly, note, reload]),
  );
  const revoke = useAction(
    useCallback(
      async (linkId: string) => {
        await client.revokeConsoleLink({ vmId, linkId, idempotencyKey: newKey() });
        setMade((before) => (before?.link?.id === linkId ? undefined : before));
        reload();
      },
      [client, vmId, reload],
    ),
  );
  const address = made ? new URL(made.path, location.origin).href : "";

  return (
    <Dialog open onClose={onClose} title={s.title} description={s.description} wide>
      <form
        className="flex flex-col gap-3 pb-3"
        onSubmit={(event) => {
          event.preventDefault();
          void create.run();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label={s.minutes}>
            <Select value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
              {s.durations.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.note}>
            <Input value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} />
          </Field>
        </div>
        <div className="flex flex-wrap items-end justify-between gap-3">
          <Checkbox
            label={s.viewOnly}
            hint={s.viewOnlyHint}
            checked={viewOnly}
            onChange={(event) => setViewOnly(event.target.checked)}
          />
          <Button type="submit" look="primary" busy={create.busy} icon={<Link2 size={14} />}>
            {s.create}
          </Button>
        </div>
      </form>
      {made && (
        <div role="status" className="mb-3 flex flex-col gap-2 rounded-lg border border-line bg-accent-soft p-3">
          <p className="font-medium">{s.made}</p>
          <div className="flex flex-wrap items-center gap-2">
            <Input readOnly aria-label={s.link} value={address} className="min-w-0 flex-1 font-mono" />
            <CopyButton text={address} label={s.copy} />
          </div>
        </div>
      )}
      {links.problem ? (
        <ProblemText problem={links.problem} />
      ) : !links.data ? (
        <Skeleton className="h-8" />
      ) : links.data.links.length === 0 ? (
        <p className="pb-3 text-muted">{s.none}</p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {links.data.links.map((link) => (
            <li key={link.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
              <span className="min-w-0 grow break-words">
                {link.note || s.link} <span className="text-muted">{s.by(link.createdBy)}</span>
              </span>
              <span className="text-muted">{link.viewOnly ? s.looks : s.canType}</span>
              <span className="text-muted">
                {s.until} <Until at={link.expiresAt} />
              </span>
              <Button look="danger" busy={revoke.busy} onClick={() => void revoke.run(link.id)}>
                {s.revoke}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
