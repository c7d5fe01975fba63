import { setTheme, useTheme, type Theme } from "../../app/theme.ts";
import { strings } from "../../strings/index.ts";
import { Panel } from "../../ui/page.tsx";

const s = strings.settings.look;
const themes: Theme[] = ["light", "dark", "system"];

/** How this browser shows things. */
export function LookTab() {
  const theme = useTheme();
  return (
    <div className="flex max-w-3xl flex-col gap-4 p-4">
      <Panel title={s.theme}>
        <div role="radiogroup" aria-label={s.theme} className="flex flex-wrap gap-4">
          {themes.map((choice) => (
            <label key={choice} className="flex items-center gap-2">
              <input
                type="radio"
                name="theme"
                className="accent-accent"
                checked={theme === choice}
                onChange={() => setTheme(choice)}
              />
              {strings.shell.theme[choice]}
            </label>
          ))}
        </div>
      </Panel>
      <Panel title={s.zone}>
        <p>{s.zoneText(new Intl.DateTimeFormat().resolvedOptions().timeZone)}</p>
      </Panel>
      <Panel title={s.units}>
        <p>{s.unitsText}</p>
      </Panel>
    </div>
  );
}
