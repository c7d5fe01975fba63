import { GroupService, type User } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Facts, Panel } from "../../ui/page.tsx";
import { At } from "../../ui/time.tsx";
import { RolesHeld } from "../access/roles-held.tsx";

const s = strings.account;

export function ProfileTab({ user }: { user: User }) {
  const client = useClient(GroupService);
  // Who may not see groups sees how many they are in.
  const { data } = useQuery("group names", (signal) => client.listGroups({ pageSize: 1000 }, { signal }));
  const names = user.groupIds.map((id) => data?.groups.find((group) => group.id === id)?.name ?? id);
  return (
    <div className="flex max-w-3xl flex-col gap-4 p-4">
      <Panel title={s.who}>
        <Facts
          facts={[
            [s.facts.name, user.name],
            [s.facts.fullName, user.fullName],
            [s.facts.email, user.email],
            [s.facts.groups, names.join(", ")],
            ...(user.providerId ? [[s.facts.provider, user.providerId] as const] : []),
            [s.facts.since, <At key="since" at={user.createdAt} />],
            [
              s.facts.id,
              <code key="id" className="text-[12px] break-all">
                {user.id}
              </code>,
            ],
          ]}
        />
      </Panel>
      <Panel title={s.may}>
        {user.administrator && <p className="mb-2 font-medium">{s.administrator}</p>}
        <RolesHeld userId={user.id} none={s.noRoles} />
      </Panel>
    </div>
  );
}
