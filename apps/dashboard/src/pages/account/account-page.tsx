import { AuthService, Reason, type User } from "@limiquantix/api";
import { UserX } from "lucide-react";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useTab } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Page } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { FactorsPanel } from "./factors-panel.tsx";
import { PasswordPanel } from "./password-panel.tsx";
import { ProfileTab } from "./profile-tab.tsx";
import { TokensPanel } from "./tokens-panel.tsx";

const s = strings.account;

/** One's own account. Where the control plane is open, its caller has none. */
export function AccountPage() {
  const auth = useClient(AuthService);
  const [tab, setTab] = useTab("profile");
  const { data: user, problem, reload } = useQuery("me", (signal) => auth.whoAmI({}, { signal }));
  if (!user) {
    return (
      <Page title={s.title}>{problem ? <QueryProblem problem={problem} retry={reload} /> : <SkeletonRows />}</Page>
    );
  }
  // An open control plane answers for its caller without an account: nothing says when it was made.
  if (!user.createdAt || problem?.reason === Reason.NOT_FOUND) {
    return (
      <Page title={s.title} subtitle={user.name}>
        <Empty icon={<UserX size={32} />} title={s.noAccount}>
          {s.noAccountText}
        </Empty>
      </Page>
    );
  }
  return (
    <Page title={s.title} subtitle={user.name}>
      <Tabs tabs={tabsOf(user, reload)} value={tab} onChange={setTab} />
    </Page>
  );
}

function tabsOf(user: User, reload: () => void): Tab[] {
  return [
    { id: "profile", label: s.tabs.profile, panel: () => <ProfileTab user={user} /> },
    {
      id: "security",
      label: s.tabs.security,
      panel: () => (
        <div className="flex max-w-3xl flex-col gap-4 p-4">
          <PasswordPanel user={user} onChanged={reload} />
          <FactorsPanel user={user} onChanged={reload} />
        </div>
      ),
    },
    {
      id: "tokens",
      label: s.tabs.tokens,
      panel: () => (
        <div className="max-w-5xl p-4">
          <TokensPanel userId="" canCreate />
        </div>
      ),
    },
  ];
}
