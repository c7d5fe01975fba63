import { UsageError } from "../usage-error.ts";
import { askSecret, readSecret } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

export interface PasswordFlags {
  passwordStdin?: boolean;
  passwordPrompt?: boolean;
}

/** A new password, from a pipe or asked for twice; empty where neither flag is given. A flag's value would be seen by `ps`. */
export async function readPassword(terminal: Terminal, flags: PasswordFlags, what: string): Promise<string> {
  if (flags.passwordStdin) return readSecret(terminal);
  if (!flags.passwordPrompt) return "";
  const password = await askSecret(terminal, what);
  if ((await askSecret(terminal, "The same again")) !== password) throw new UsageError("the two passwords differ");
  return password;
}

export interface PasswordChange {
  oldPassword: string;
  newPassword: string;
}

/** The old password and the new one, from two piped lines or asked for. */
export async function readPasswordChange(terminal: Terminal, fromPipe: boolean): Promise<PasswordChange> {
  if (fromPipe) {
    const [oldPassword = "", newPassword = ""] = (await readSecret(terminal)).split(/\r?\n/);
    if (!newPassword)
      throw new UsageError("standard input has no second line", "Give the old password and the new one, a line each.");
    return { oldPassword, newPassword };
  }
  const oldPassword = await askSecret(terminal, "Your password now");
  return { oldPassword, newPassword: await readPassword(terminal, { passwordPrompt: true }, "The new password") };
}
