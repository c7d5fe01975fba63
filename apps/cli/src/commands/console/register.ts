import { join } from "node:path";
import type { Verb } from "../verb.ts";

const name = "limiquantix.desktop";
const types = ["x-scheme-handler/limiquantix", "application/x-virt-viewer"];

export const register: Verb = (command, cli) => {
  command
    .addHelpText(
      "after",
      "\nFor the links of the dashboard, and for .vv files: those of other products go on to remote-viewer.",
    )
    .action(async () => {
      const { mkdir, writeFile } = await import("node:fs/promises");
      const folder = cli.settings.applicationsDir;
      const file = join(folder, name);
      await mkdir(folder, { recursive: true });
      await writeFile(file, desktopEntry(join(import.meta.dirname, "../../../../../bin/lqx")));
      cli.print(file);
      const known = await run("xdg-mime", ["default", name, ...types]);
      await run("update-desktop-database", [folder]);
      if (!known) cli.note("xdg-mime is not here: most desktops find the file by themselves at the next login.");
    });
};

/** Desktop Entry Specification 1.5: %u is the address, or a file's. */
export function desktopEntry(lqx: string): string {
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=limiquantix console",
    "Comment=Opens the screens of virtual machines",
    `Exec=${word(lqx)} console open --url %u`,
    "Terminal=false",
    "NoDisplay=true",
    "StartupNotify=true",
    `MimeType=${types.join(";")};`,
    "",
  ].join("\n");
}

/** xdg-open knows no quotes, which the specification asks for only around what a shell could take for its own. */
function word(text: string): string {
  if (/^[\w/.:@+=-]+$/.test(text)) return text;
  // A percent sign would be a field code, and a backslash is read twice.
  const escaped = text
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
