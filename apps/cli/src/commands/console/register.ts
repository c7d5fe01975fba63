import type { Verb } from "../verb.ts";

const name = "limiquantix.desktop";

export const register: Verb = (command, cli) => {
  command
    .addHelpText("after", "\nWrites ~/.local/share/applications/limiquantix.desktop, for the links of the dashboard.")
    .action(async () => {
      const { mkdir, writeFile } = await import("node:fs/promises");
      const folder = `${cli.settings.home}/.local/share/applications`;
      const file = `${folder}/${name}`;
      await mkdir(folder, { recursive: true });
      await writeFile(file, desktopEntry([process.execPath, process.argv[1] ?? ""]));
      cli.print(file);
      const known = await run("xdg-mime", ["default", name, "x-scheme-handler/limiquantix"]);
      await run("update-desktop-database", [folder]);
      if (!known) cli.note("xdg-mime is not here: most desktops find the file by themselves at the next login.");
    });
};

/** Desktop Entry Specification 1.5: %u is the address. */
export function desktopEntry(lqx: readonly string[]): string {
  const words = [...lqx, "console", "open", "--url"].map(quoted).join(" ");
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=limiquantix console",
    "Comment=Opens the screens of virtual machines",
    `Exec=${words} %u`,
    "Terminal=false",
    "NoDisplay=true",
    "StartupNotify=true",
    "MimeType=x-scheme-handler/limiquantix;",
    "",
  ].join("\n");
}

/** An argument in quotes; a percent sign would be a field code, and a backslash is read twice. */
function quoted(word: string): string {
  const escaped = word
    .replace(/["`$\\]/g, "\\$&")
    .replaceAll("\\", "\\\\")
    .replaceAll("%", "%%");
  return `"${escaped}"`;
}

async function run(program: string, args: string[]): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  const child = spawn(program, args, { stdio: "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
