import { useTab } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Page } from "../../ui/page.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { GrantsTab } from "./grants-tab.tsx";
import { GroupsTab } from "./groups-tab.tsx";
import { ProvidersTab } from "./providers-tab.tsx";
import { RolesTab } from "./roles-tab.tsx";
import { TokensTab } from "./tokens-tab.tsx";
import { UsersTab } from "./users-tab.tsx";

const s = strings.access;

const tabs: Tab[] = [
  { id: "users", label: s.tabs.users, panel: () => <UsersTab /> },
  { id: "groups", label: s.tabs.groups, panel: () => <GroupsTab /> },
  { id: "roles", label: s.tabs.roles, panel: () => <RolesTab /> },
  { id: "grants", label: s.tabs.grants, panel: () => <GrantsTab /> },
  { id: "providers", label: s.tabs.providers, panel: () => <ProvidersTab /> },
  { id: "tokens", label: s.tabs.tokens, panel: () => <TokensTab /> },
];

/** Who there is, and who may do what. */
export function AccessPage() {
  const [tab, setTab] = useTab("users");
  return (
    <Page title={s.title}>
      <Tabs tabs={tabs} value={tab} onChange={setTab} />
    </Page>
  );
}
