import { GroupService, UserService, type Group } from "@limiquantix/api";
import { Pencil, Trash2, X } from "lucide-react";
import { useId, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, type Permission } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { GroupDialog } from "./group-dialog.tsx";
import { RolesHeld } from "./roles-held.tsx";

const s = strings.access.groups;

export interface GroupPanelProps {
  group: Group;
  manage: Permission | undefined;
  onClose: () => void;
  onChanged: () => void;
}

export function GroupPanel({ group, manage, onClose, onChanged }: GroupPanelProps) {
  const client = useClient(GroupService);
  const userClient = useClient(UserService);
  const list = useId();
  const [asked, setAsked] = useState<"edit" | "delete">();
  const [name, setName] = useState("");
  const { data: everybody } = useQuery("user names", (signal) => userClient.listUsers({ pageSize: 1000 }, { signal }));
  const { data: members, reload } = useQuery(`members ${group.id} ${group.revision}`, (signal) =>
    userClient.listUsers({ groupId: group.id, pageSize: 1000 }, { signal }),
  );
  const changed = () => {
    reload();
    onChanged();
  };
  const add = useAction(async () => {
    // By id or by name.
    const user = await userClient.getUser({ id: name.trim() });
    await client.addGroupMember({ id: group.id, userId: user.id, idempotencyKey: newKey() });
    setName("");
    changed();
  });
  const remove = useAction(async (userId: string) => {
    await client.removeGroupMember({ id: group.id, userId, idempotencyKey: newKey() });
    changed();
  });
  const blocked = blockedBy(manage);
  const provided = new Set(group.providedMemberIds);
  const byHand = new Set(group.memberIds);
  return (
    <SidePanel
      id={group.id}
      title={group.name}
      onClose={onClose}
      actions={
        <>
          <Button
            look="ghost"
            aria-label={s.edit}
            icon={<Pencil size={14} />}
            blocked={blocked}
            onClick={() => setAsked("edit")}
          />
          <Button
            look="ghost"
            aria-label={s.delete}
            icon={<Trash2 size={14} />}
            blocked={blocked}
            onClick={() => setAsked("delete")}
          />
        </>
      }
    >
      {group.description && <p className="text-muted">{group.description}</p>}
      <SideSection title={s.members}>
        <ul className="flex flex-col">
          {members?.users.map((user) => (
            <li key={user.id} className="flex h-8 items-center gap-2">
              <span className="truncate">{user.name}</span>
              <span className="grow truncate text-muted">{provided.has(user.id) ? s.provided : user.fullName}</span>
              {byHand.has(user.id) && (
                <Button
                  look="ghost"
                  aria-label={s.removeMember(user.name)}
                  icon={<X size={14} />}
                  blocked={blocked}
                  busy={remove.busy}
                  onClick={() => void remove.run(user.id)}
                />
              )}
            </li>
          ))}
        </ul>
        {members?.users.length === 0 && <p className="text-muted">{s.noMembers}</p>}
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() && blocked === undefined) void add.run();
          }}
        >
          <div className="grow">
            <Field label={s.memberName}>
              <Input autoComplete="off" list={list} value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
          </div>
          <datalist id={list}>
            {everybody?.users
              .filter(({ id }) => !byHand.has(id))
              .map(({ id, name }) => (
                <option key={id} value={name}>
                  {name}
                </option>
              ))}
          </datalist>
          <Button type="submit" busy={add.busy} blocked={blocked}>
            {s.addMember}
          </Button>
        </form>
      </SideSection>
      <SideSection title={s.roles}>
        <RolesHeld groupId={group.id} none={s.noRoles} />
      </SideSection>
      {asked === "edit" && <GroupDialog group={group} onClose={() => setAsked(undefined)} onDone={onChanged} />}
      {asked === "delete" && (
        <AskFirst
          title={s.deleteTitle(group.name)}
          action={s.delete}
          done={s.deleted}
          onClose={() => setAsked(undefined)}
          work={async () => {
            await client.deleteGroup({ id: group.id, idempotencyKey: newKey() });
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
