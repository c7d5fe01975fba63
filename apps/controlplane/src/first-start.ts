import type { DataDirectory } from "./data-directory.ts";

/** What the control plane offers for a first start. */
export interface FirstStart {
  /** The first administrator's password, on a store without users. */
  ensureFirstAdministrator(): Promise<{ name: string; password: string } | undefined>;
  /** Whether that password still is the one that was made. */
  firstLoginPending(): boolean;
  /** A join token for the first host; undefined once there is a host. */
  firstJoinToken(): Promise<string | undefined>;
}

/**
 * Leaves what a person needs for the first login and the first host as files that only the owner can read, and takes
 * them away when they are good for nothing any more. Answers the login that was just made.
 */
export async function prepareFirstStart(
  control: FirstStart,
  directory: DataDirectory,
): Promise<{ name: string; password: string } | undefined> {
  const login = await control.ensureFirstAdministrator();
  if (login) await directory.write("first-login", `user: ${login.name}\npassword: ${login.password}\n`);
  else if (!control.firstLoginPending()) await directory.remove("first-login");
  const token = await control.firstJoinToken();
  if (token) await directory.write("first-join-token", `${token}\n`);
  else await directory.remove("first-join-token");
  return login;
}
