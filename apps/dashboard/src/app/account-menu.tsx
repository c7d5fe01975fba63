import { useNavigate } from "@tanstack/react-router";
import { CircleHelp, LogOut, Moon, Sun, SunMoon, UserRound } from "lucide-react";
import { strings } from "../strings/index.ts";
import { Button } from "../ui/button.tsx";
import { Menu } from "../ui/menu.tsx";
import type { OnDemandProps } from "../ui/on-demand.tsx";
import { useSession } from "./session.tsx";
import { setTheme, useTheme } from "./theme.ts";

export function AccountMenu({ onHelp, focused, opened }: { onHelp: () => void } & OnDemandProps) {
  const session = useSession();
  const navigate = useNavigate();
  const theme = useTheme();
  const s = strings.shell;
  const mark = (on: boolean) => (on ? " ✓" : "");
  return (
    <Menu
      label={s.account}
      defaultOpen={opened}
      trigger={<Button autoFocus={focused} look="ghost" icon={<UserRound size={16} />} />}
      groups={[
        [
          {
            label: s.theme.light + mark(theme === "light"),
            icon: <Sun size={14} />,
            onSelect: () => setTheme("light"),
          },
          { label: s.theme.dark + mark(theme === "dark"), icon: <Moon size={14} />, onSelect: () => setTheme("dark") },
          {
            label: s.theme.system + mark(theme === "system"),
            icon: <SunMoon size={14} />,
            onSelect: () => setTheme("system"),
          },
        ],
        [
          {
            label: strings.account.title,
            icon: <UserRound size={14} />,
            onSelect: () => void navigate({ to: "/account" } as never),
          },
        ],
        [{ label: s.help, icon: <CircleHelp size={14} />, keys: "?", onSelect: onHelp }],
        session
          ? [
              {
                label: `${s.signOut} (${session.user.name})`,
                icon: <LogOut size={14} />,
                onSelect: () => void session.signOut(),
              },
            ]
          : [],
      ]}
    />
  );
}
