import { homedir } from "node:os";
import { join } from "node:path";

/** What the environment says. The only reader of `process.env` in the CLI. */
export interface Settings {
  /** LIMIQUANTIX_SERVER; `--server` goes before it, the saved context after it. */
  server: string | undefined;
  /** LIMIQUANTIX_TOKEN: for programs that keep no configuration file. */
  token: string | undefined;
  /** Where config.json and known_hosts are: $XDG_CONFIG_HOME/limiquantix or ~/.config/limiquantix. */
  configDir: string;
  home: string;
  /** Where a desktop looks for its user's programs: $XDG_DATA_HOME/applications or ~/.local/share/applications. */
  applicationsDir: string;
  /** Command line of the editor: $VISUAL, $EDITOR or vi. */
  editor: string;
  /** https://no-color.org */
  noColor: boolean;
  username: string;
  /** There is a screen on which a browser can open. */
  hasDisplay: boolean;
}

export const defaultServer = "http://127.0.0.1:8080";

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const home = env["HOME"] || homedir();
  return {
    server: env["LIMIQUANTIX_SERVER"] || undefined,
    token: env["LIMIQUANTIX_TOKEN"] || undefined,
    configDir: join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "limiquantix"),
    home,
    applicationsDir: join(env["XDG_DATA_HOME"] || join(home, ".local/share"), "applications"),
    editor: env["VISUAL"] || env["EDITOR"] || "vi",
    noColor: Boolean(env["NO_COLOR"]) || env["TERM"] === "dumb",
    hasDisplay: Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]),
    username: env["USER"] || env["LOGNAME"] || "",
  };
}
