import type { LoginResponse } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { defaultServer } from "../config.ts";
import { loadContexts, normalServer, saveContexts, type Context } from "../contexts.ts";
import { openSession, type Session } from "../rpc/session.ts";
import { readPassword } from "../terminal/password.ts";
import { askChoice, askConfirm, askSecret, askText, readSecret } from "../terminal/prompt.ts";
import { UsageError } from "../usage-error.ts";
import { logInByOidc } from "./oidc.ts";
import { proveSecondFactor, type FactorFlags } from "./second-factor.ts";
import { establishTrust, type TrustFlags } from "./trust.ts";

export interface LoginFlags extends TrustFlags, FactorFlags {
  user?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  provider?: string;
  oidc?: string;
  name: string;
}

/** Finds out whom to trust, proves who we are, and saves both. */
export async function logIn(cli: Cli, url: string | undefined, flags: LoginFlags): Promise<void> {
  if (flags.oidc && (flags.provider || flags.user || flags.passwordStdin))
    throw new UsageError("with --oidc the provider asks for name and password", "Leave the other flags out.");
  const saved = await loadContexts(cli.contextsFile);
  const name = cli.flags.context ?? flags.name;
  const before = saved.contexts[name];
  const server = normalServer(url ?? cli.flags.server ?? cli.settings.server ?? before?.server ?? defaultServer);
  const context: Context = { server, ...(await establishTrust(cli, server, flags, before)) };
  let password = "";
  if (flags.tokenStdin) context.token = (await readSecret(cli.terminal)).trim();
  else password = await openContext(cli, { context, name, flags });
  // The token is tried before it is saved.
  const session = openSession({ ...context, token: context.token });
  const user = await session.auth.whoAmI({});
  context.user = user.name;
  saved.contexts[name] = context;
  saved.current = name;
  await saveContexts(cli.contextsFile, saved);
  cli.print(`logged in to ${server} as ${user.name}`);
  if (user.firstPassword) cli.warn("this password was made for you: change it with `lqx passwd`");
  if (user.mustChangePassword) await changeFirstPassword(cli, session, password);
}

interface Opening {
  context: Context;
  name: string;
  flags: LoginFlags;
}

/** Opens a session and puts what belongs to it into the context; answers the password, empty where none was needed. */
async function openContext(cli: Cli, { context, name, flags }: Opening): Promise<string> {
  const { server } = context;
  // Over TLS the session is bound to a key of this machine: a stolen token alone opens nothing.
  const { makeIdentity, saveIdentity } = await import("./identity.ts");
  const identity = server.startsWith("https:") ? await makeIdentity() : undefined;
  const session = openSession({ ...context, token: undefined });
  const { answer, password } = await prove(cli, session, { flags, csrPem: identity?.csrPem ?? "" });
  context.token = answer.token;
  if (identity && answer.certificatePem)
    context.identityFile = await saveIdentity(cli.settings.configDir, name, identity.keyPem, answer.certificatePem);
  return password;
}

interface Proving {
  flags: LoginFlags;
  csrPem: string;
}

async function prove(cli: Cli, session: Session, { flags, csrPem }: Proving) {
  const way = await chooseWay(cli, session, flags);
  if (way.oidc) return { answer: await logInByOidc(cli, session, { provider: way.oidc, csrPem }), password: "" };
  const username =
    flags.user ?? (await askText(cli.terminal, `User at ${session.server}`, cli.settings.username || "admin"));
  const password = flags.passwordStdin ? await readSecret(cli.terminal) : await askSecret(cli.terminal, "Password");
  let answer: LoginResponse = await session.auth.login({ username, password, provider: way.ldap ?? "", csrPem });
  if (answer.secondFactor)
    answer = await proveSecondFactor(cli, session, { question: answer.secondFactor, flags, csrPem });
  return { answer, password };
}

/** As the flags say; where they say nothing and the server knows providers, a person at a terminal is asked. */
async function chooseWay(cli: Cli, session: Session, flags: LoginFlags): Promise<{ oidc?: string; ldap?: string }> {
  if (flags.oidc) return { oidc: flags.oidc };
  if (flags.provider) return { ldap: flags.provider };
  if (flags.user || flags.passwordStdin || cli.terminal.input.isTTY !== true) return {};
  const { providers } = await session.auth.listLoginMethods({});
  if (providers.length === 0) return {};
  const chosen = await askChoice(cli.terminal, "How do you want to log in?", [
    { value: "", label: "Name and password" },
    ...providers.map((provider) => ({ value: provider.name, label: provider.displayName || provider.name })),
  ]);
  const provider = providers.find((one) => one.name === chosen);
  if (!provider) return {};
  return provider.oidc ? { oidc: provider.name } : { ldap: provider.name };
}

async function changeFirstPassword(cli: Cli, session: Session, oldPassword: string): Promise<void> {
  cli.warn("this password was given to you: until you change it, nothing else is possible (`lqx passwd`)");
  if (cli.terminal.input.isTTY !== true || oldPassword === "") return;
  if (!(await askConfirm(cli.terminal, "Change it now?"))) return;
  const newPassword = await readPassword(cli.terminal, { passwordPrompt: true }, "The new password");
  await session.auth.changePassword({ oldPassword, newPassword });
  cli.print("the password is changed");
}
