import { RoleService, type PrivilegeInfo, type Role } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { byKind } from "./privilege-groups.ts";

const s = strings.access.roles;

export interface RoleDialogProps {
  /** To be changed. */
  role?: Role;
  /** A new one begins with what this one allows. */
  like?: Role;
  onClose: () => void;
  onDone: () => void;
}

export function RoleDialog({ role, like, onClose, onDone }: RoleDialogProps) {
  const client = useClient(RoleService);
  const { data } = useQuery("privileges", (signal) => client.listPrivileges({}, { signal }));
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? like?.description ?? "");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set((role ?? like)?.privileges));
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = (data?.privileges ?? []).filter(({ name, description }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  return (
    <FormDialog
      wide
      title={role ? s.editTitle(role.name) : s.create}
      submit={role ? strings.common.save : s.create}
      done={role ? s.saved : s.created}
      fields={["name", "description"]}
      onClose={onClose}
      work={async () => {
        const wanted = { name: name.trim(), description, privileges: [...chosen] };
        if (!role) await client.createRole({ ...wanted, idempotencyKey: newKey() });
        else {
          await client.updateRole({
            id: role.id,
            role: wanted,
            updateMask: { paths: ["name", "description", "privileges"] },
            revision: role.revision,
            idempotencyKey: newKey(),
          });
        }
        onDone();
      }}
    >
      {(error) => (
        <>
          <div className="grid gap-4 sm:grid-cols-[1fr_2fr]">
            <Field label={s.name} error={error("name")}>
              <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
            <Field label={s.description} error={error("description")}>
              <Input value={description} onChange={(event) => setDescription(event.target.value)} />
            </Field>
          </div>
          <div className="flex items-center gap-3">
            <h3 className="font-semibold">{s.privileges}</h3>
            <span className="grow text-muted">{s.chosen(chosen.size)}</span>
            <Input
              type="search"
              aria-label={s.filter}
              placeholder={s.filter}
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
              className="max-w-56"
            />
          </div>
          <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
            {byKind(shown).map(([kind, privileges]) => (
              <KindGroup key={kind} kind={kind} privileges={privileges} chosen={chosen} onChange={setChosen} />
            ))}
          </div>
        </>
      )}
    </FormDialog>
  );
}

interface KindGroupProps {
  kind: string;
  privileges: readonly PrivilegeInfo[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

/** The privileges on one kind of object. All of it at once is a pattern, vm.*, that takes in what comes later. */
function KindGroup({ kind, privileges, chosen, onChange }: KindGroupProps) {
  const pattern = `${kind}.*`;
  const everything = chosen.has("*");
  const whole = everything || chosen.has(pattern);
  const toggle = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    onChange(next);
  };
  const title = strings.common.kinds[kind] ?? kind;
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 flex w-full items-center gap-2 border-b border-line pb-1">
        <span className="grow font-semibold">{title}</span>
        <label className="flex items-center gap-1.5 text-muted" title={s.allOfHint}>
          <input
            type="checkbox"
            className="size-3.5 accent-accent"
            checked={whole}
            disabled={everything}
            onChange={(event) => toggle(pattern, event.target.checked)}
          />
          {s.allOf(kind)}
        </label>
      </legend>
      {privileges.map(({ name, description }) => (
        <label key={name} className="flex items-start gap-2">
          <input
            type="checkbox"
            className="mt-0.5 size-3.5 shrink-0 accent-accent"
            checked={whole || chosen.has(name)}
            disabled={whole}
            onChange={(event) => toggle(name, event.target.checked)}
          />
          <span>
            {description} <code className="text-[11px] text-muted">{name}</code>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
