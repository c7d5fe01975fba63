import { RoleService, type Role } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, type Permission } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { byKind } from "./privilege-groups.ts";
import { RoleDialog } from "./role-dialog.tsx";

const s = strings.access.roles;

export interface RolePanelProps {
  role: Role;
  manage: Permission | undefined;
  onClose: () => void;
  onChanged: () => void;
}

/** What a role allows; one's own can be changed, a built-in one copied. */
export function RolePanel({ role, manage, onClose, onChanged }: RolePanelProps) {
  const client = useClient(RoleService);
  const [asked, setAsked] = useState<"edit" | "copy" | "delete">();
  const { data } = useQuery("privileges", (signal) => client.listPrivileges({}, { signal }));
  const blocked = blockedBy(manage);
  const close = () => setAsked(undefined);
  const has = (name: string) =>
    role.privileges.some((pattern) => pattern === "*" || pattern === name || matchesKind(pattern, name));
  return (
    <SidePanel id={role.id} title={role.name} onClose={onClose}>
      {role.description && <p className="text-muted">{role.description}</p>}
      <div className="flex flex-wrap gap-2">
        {!role.builtIn && (
          <Button blocked={blocked} onClick={() => setAsked("edit")}>
            {s.edit}
          </Button>
        )}
        <Button blocked={blocked} onClick={() => setAsked("copy")}>
          {s.copy}
        </Button>
        {!role.builtIn && (
          <Button look="danger" blocked={blocked} onClick={() => setAsked("delete")}>
            {s.delete}
          </Button>
        )}
      </div>
      {role.privileges.includes("*") && <p className="font-medium">{s.everything}</p>}
      {byKind(data?.privileges ?? [])
        .map(([kind, all]) => [kind, all.filter(({ name }) => has(name))] as const)
        .filter(([, held]) => held.length > 0)
        .map(([kind, held]) => (
          <SideSection key={kind} title={strings.common.kinds[kind] ?? kind}>
            <ul className="flex flex-col gap-0.5">
              {held.map(({ name, description }) => (
                <li key={name} className="flex gap-3">
                  <code className="w-32 shrink-0 text-[12px] leading-5">{name}</code>
                  <span className="text-muted">{description}</span>
                </li>
              ))}
            </ul>
          </SideSection>
        ))}
      {asked === "edit" && <RoleDialog role={role} onClose={close} onDone={onChanged} />}
      {asked === "copy" && <RoleDialog like={role} onClose={close} onDone={onChanged} />}
      {asked === "delete" && (
        <AskFirst
          title={s.deleteTitle(role.name)}
          action={s.delete}
          done={s.deleted}
          onClose={close}
          work={async () => {
            await client.deleteRole({ id: role.id, idempotencyKey: newKey() });
            onClose();
            onChanged();
          }}
        >
          {s.deleteText}
        </AskFirst>
      )}
    </SidePanel>
  );
}

function matchesKind(pattern: string, name: string): boolean {
  return pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -1));
}
