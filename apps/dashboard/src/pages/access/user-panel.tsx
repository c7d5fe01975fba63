import { GroupService, User_Kind, UserService, type User } from "@limiquantix/api";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan, type Permission } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { Facts } from "../../ui/page.tsx";
import { SecretDialog } from "../../ui/secret-dialog.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { At } from "../../ui/time.tsx";
import { TokensPanel } from "../account/tokens-panel.tsx";
import { RolesHeld } from "./roles-held.tsx";
import { EditUser } from "./user-forms.tsx";
import { userState } from "./users-tab.tsx";

const s = strings.access.users;

export interface UserPanelProps {
  user: User;
  manage: Permission | undefined;
  onClose: () => void;
  onChanged: () => void;
}

type Asked = "edit" | "disable" | "password" | "factors" | "delete";

/** One user, and all that an administrator does with one. */
export function UserPanel({ user, manage, onClose, onChanged }: UserPanelProps) {
  const client = useClient(UserService);
  const groupClient = useClient(GroupService);
  const [asked, setAsked] = useState<Asked>();
  const [password, setPassword] = useState("");
  const [tokens] = useCan([{ privilege: "token.manage" }]);
  const { data: groups } = useQuery("group names", (signal) => groupClient.listGroups({ pageSize: 1000 }, { signal }));
  const groupName = (id: string) => groups?.groups.find((group) => group.id === id)?.name ?? id;
  const blocked = blockedBy(manage);
  const item = (label: string, asks: Asked): MenuItem => ({ label, blocked, onSelect: () => setAsked(asks) });
  const isPerson = user.kind === User_Kind.PERSON && !user.providerId;
  const close = () => setAsked(undefined);
  const setDisabled = (disabled: boolean) => async () => {
    await client.updateUser({
      id: user.id,
      user: { disabled },
      updateMask: { paths: ["disabled"] },
      revision: user.revision,
      idempotencyKey: newKey(),
    });
    onChanged();
  };
  const actions = (
    <Menu
      label={s.actions}
      trigger={<Button look="ghost" icon={<Ellipsis size={16} />} />}
      groups={[
        [item(s.edit, "edit"), item(user.disabled ? s.enable : s.disable, "disable")],
        isPerson ? [item(s.resetPassword, "password"), item(s.resetFactors, "factors")] : [],
        [{ ...item(s.delete, "delete"), danger: true }],
      ]}
    />
  );
  return (
    <SidePanel id={user.id} title={user.name} onClose={onClose} actions={actions}>
      <StateDot {...userState(user)} />
      <Facts
        facts={[
          [s.fullName, user.fullName],
          [s.email, user.email],
          [s.facts.groups, user.groupIds.map(groupName).join(", ")],
          [s.facts.source, user.providerId || s.local],
          [s.columns.factor, user.secondFactor ? strings.common.yes : strings.common.no],
          [s.facts.since, <At key="since" at={user.createdAt} />],
          [s.facts.seen, user.lastLoginAt ? <At key="seen" at={user.lastLoginAt} /> : strings.common.never],
          ...(user.lockedUntil ? [[s.facts.locked, <At key="locked" at={user.lockedUntil} />] as const] : []),
          [
            s.facts.id,
            <code key="id" className="text-[12px] break-all">
              {user.id}
            </code>,
          ],
        ]}
      />
      <SideSection title={s.roles}>
        <RolesHeld userId={user.id} none={s.noRoles} />
      </SideSection>
      {tokens?.allowed && <TokensPanel userId={user.id} canCreate={user.kind === User_Kind.SERVICE} />}

      {asked === "edit" && <EditUser user={user} onClose={close} onDone={onChanged} />}
      {asked === "disable" && (
        <AskFirst
          title={user.disabled ? `${s.enable}: ${user.name}` : s.disableTitle(user.name)}
          action={user.disabled ? s.enable : s.disable}
          done={s.saved}
          onClose={close}
          work={setDisabled(!user.disabled)}
        >
          {!user.disabled && s.disableText}
        </AskFirst>
      )}
      {asked === "password" && (
        <AskFirst
          title={s.resetPasswordTitle(user.name)}
          action={s.resetPassword}
          onClose={close}
          work={async () => {
            const answer = await client.resetPassword({ id: user.id, idempotencyKey: newKey() });
            setPassword(answer.password);
            onChanged();
          }}
        >
          {s.resetPasswordText}
        </AskFirst>
      )}
      {asked === "factors" && (
        <AskFirst
          title={s.resetFactorsTitle(user.name)}
          action={s.resetFactors}
          done={s.factorsReset}
          onClose={close}
          work={async () => {
            await client.resetFactors({ id: user.id, idempotencyKey: newKey() });
            onChanged();
          }}
        >
          {s.resetFactorsText}
        </AskFirst>
      )}
      {asked === "delete" && (
        <AskFirst
          title={s.deleteTitle(user.name)}
          action={s.delete}
          done={s.deleted}
          typed={user.name}
          onClose={close}
          work={async () => {
            await client.deleteUser({ id: user.id, idempotencyKey: newKey() });
            onClose();
            onChanged();
          }}
        >
          {s.deleteText}
        </AskFirst>
      )}
      {password && (
        <SecretDialog title={s.passwordOf(user.name)} secret={password} onClose={() => setPassword("")}>
          <p className="text-muted">{s.passwordText}</p>
        </SecretDialog>
      )}
    </SidePanel>
  );
}
