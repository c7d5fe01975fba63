import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VirtualMachine, VMTaskResponse } from "@limiquantix/api";
import { parse, stringify } from "yaml";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import type { mutation } from "../../tasks/flags.ts";
import { UsageError } from "../../usage-error.ts";
import { changesFromEdit, editable } from "./edit-request.ts";

/** Opens the VM in an editor and sends what was changed. A text that is refused is kept, and the person told where. */
export async function editInEditor(
  cli: Cli,
  session: Session,
  vm: VirtualMachine,
  common: ReturnType<typeof mutation>,
): Promise<VMTaskResponse | undefined> {
  const before = editable(vm);
  const directory = await mkdtemp(join(tmpdir(), "lqx-edit-"));
  const file = join(directory, "vm.yaml");
  await writeFile(
    file,
    `# VM ${vm.name} (${vm.id}), revision ${vm.revision}.\n# Save and close to apply; leave it as it is to change nothing.\n${stringify(before)}`,
    { mode: 0o600 },
  );
  try {
    await runEditor(cli.settings.editor, file);
    const changes = changesFromEdit(vm, before, parse(await readFile(file, "utf8")));
    const answer = changes && (await session.vms.updateVM({ ...changes, ...common }));
    if (!answer) cli.note("nothing was changed");
    await rm(directory, { recursive: true, force: true });
    return answer;
  } catch (error) {
    cli.note(`your text is kept in ${file}`);
    throw error;
  }
}

/** `$EDITOR` may carry flags (`code --wait`); no shell reads it. */
async function runEditor(commandLine: string, file: string): Promise<void> {
  const [program = "vi", ...args] = commandLine.split(/\s+/).filter(Boolean);
  const editor = spawn(program, [...args, file], { stdio: "inherit" });
  const code = await new Promise<number>((resolve, reject) => {
    editor.once("error", (cause) =>
      reject(new UsageError(`the editor ${program} cannot be started: ${cause.message}`, "Set EDITOR.")),
    );
    editor.once("exit", (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new UsageError(`the editor ended with ${code}: nothing was changed`);
}
