import { useTab } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Page } from "../../ui/page.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { AboutTab } from "./about-tab.tsx";
import { CertificatesTab } from "./certificates-tab.tsx";
import { LoginPolicyTab } from "./login-policy-tab.tsx";
import { LookTab } from "./look-tab.tsx";

const s = strings.settings;

const tabs: Tab[] = [
  { id: "login", label: s.tabs.login, panel: () => <LoginPolicyTab /> },
  { id: "certificates", label: s.tabs.certificates, panel: () => <CertificatesTab /> },
  { id: "appearance", label: s.tabs.look, panel: () => <LookTab /> },
  { id: "about", label: s.tabs.about, panel: () => <AboutTab /> },
];

export function SettingsPage() {
  const [tab, setTab] = useTab("login");
  return (
    <Page title={s.title}>
      <Tabs tabs={tabs} value={tab} onChange={setTab} />
    </Page>
  );
}
