import type { LdapProvider } from "@limiquantix/api";
import type { Directory, DirectorySettings, ExternalPerson } from "@limiquantix/control";
import { InappropriateAuthError, InvalidCredentialsError, type Entry } from "ldapts";
import { explain } from "../explain.ts";
import { LdapConnection } from "./connection.ts";
import { fillFilter } from "./filter.ts";
import { firstValue, groupsOf } from "./groups.ts";

const defaultUserFilter = "(&(objectClass=person)(uid={username}))";
/** For all that one login asks, every address together. */
const deadlineMs = 10_000;
/** For one address, so that a dead first one leaves time for the others. */
const connectMs = 4000;

/** LDAP directories and Active Directory, over TLS alone. A connection is made for each login, and closed. */
export class LdapDirectory implements Directory {
  readonly #deadlineMs: number;

  constructor(options: { deadlineMs?: number } = {}) {
    this.#deadlineMs = options.deadlineMs ?? deadlineMs;
  }

  async authenticate(
    settings: DirectorySettings,
    { username, password }: { username: string; password: string },
  ): Promise<ExternalPerson | undefined> {
    // A bind with a name and no password is anonymous, and succeeds (RFC 4513, 5.1.2).
    if (!username || !password) return undefined;
    const signal = this.#deadline();
    const { connection, url } = await this.#connect(settings, signal, []);
    await using service = connection;
    const entry = await findUser(service, settings.ldap, username);
    if (!entry || !(await passwordIsGood({ ...addressOf(settings.ldap, url), dn: entry.dn, password }, signal))) {
      return undefined;
    }
    // Awaited here: the connection is closed when this function returns.
    return await personOf(service, settings.ldap, entry);
  }

  async inspect(settings: DirectorySettings, steps: string[], username = ""): Promise<ExternalPerson | undefined> {
    const { connection } = await this.#connect(settings, this.#deadline(), steps);
    await using service = connection;
    const { ldap } = settings;
    if (!username) {
      const [base] = await service.search(ldap.userBaseDn, { scope: "base", attributes: ["1.1"] });
      steps.push(base ? `users are looked for below ${base.dn}` : `there is nothing at ${ldap.userBaseDn}`);
      return undefined;
    }
    const entry = await findUser(service, ldap, username);
    if (!entry) {
      steps.push(`no user ${username} is found below ${ldap.userBaseDn}`);
      return undefined;
    }
    steps.push(`user ${username} is ${entry.dn}`);
    const person = await personOf(service, ldap, entry);
    steps.push(`${person.groups.length} groups are found below ${ldap.groupBaseDn || "no group base"}`);
    return person;
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#deadlineMs);
  }

  /** Bound as the service account, to the first address that answers. Throws what each of them said. */
  async #connect(
    { ldap, bindPassword }: DirectorySettings,
    signal: AbortSignal,
    steps: string[],
  ): Promise<{ connection: LdapConnection; url: string }> {
    const failures: string[] = [];
    for (const url of ldap.urls) {
      let connection: LdapConnection;
      try {
        const patience = AbortSignal.timeout(Math.min(connectMs, this.#deadlineMs));
        connection = await openWithin(addressOf(ldap, url), { signal, patience });
      } catch (error) {
        failures.push(`${url}: ${explain(error)}`);
        steps.push(`${url} cannot be used: ${explain(error)}`);
        continue;
      }
      steps.push(`connected to ${url} over TLS, and its certificate is good`);
      try {
        if (ldap.bindDn) await connection.bind(ldap.bindDn, bindPassword);
      } catch (cause) {
        await connection[Symbol.asyncDispose]();
        const why = isWrongPassword(cause) ? "its DN or its password is wrong" : explain(cause);
        throw new Error(`the search account ${ldap.bindDn} cannot bind at ${url}: ${why}`, { cause });
      }
      steps.push(ldap.bindDn ? `bound as ${ldap.bindDn}` : "not bound: searches are anonymous");
      return { connection, url };
    }
    throw new Error(failures.join("; "));
  }
}

/** `patience` ends the connecting only; `signal` also what is done on the connection later. */
async function openWithin(
  address: ReturnType<typeof addressOf>,
  { signal, patience }: { signal: AbortSignal; patience: AbortSignal },
): Promise<LdapConnection> {
  const controller = new AbortController();
  const give = () => controller.abort(new Error("no answer within the time limit"));
  patience.addEventListener("abort", give, { once: true });
  signal.addEventListener("abort", give, { once: true });
  if (signal.aborted) give();
  try {
    return await LdapConnection.open(address, controller.signal);
  } finally {
    patience.removeEventListener("abort", give);
  }
}

function addressOf(ldap: LdapProvider, url: string) {
  return { url, startTls: ldap.startTls, caPem: ldap.caPem };
}

/** Throws where more than one entry is found: nobody could say who logs in. */
async function findUser(connection: LdapConnection, ldap: LdapProvider, username: string): Promise<Entry | undefined> {
  const { username: usernameAttribute, name, email } = attributesOf(ldap);
  const entries = await connection.search(ldap.userBaseDn, {
    scope: "sub",
    filter: fillFilter(ldap.userFilter || defaultUserFilter, { username }),
    attributes: [usernameAttribute, name, email],
    sizeLimit: 2,
  });
  if (entries.length > 1) throw new Error(`the user filter finds more than one entry for ${username}`);
  return entries[0];
}

/** On a connection of its own: the service account goes on to look for groups on its own. */
async function passwordIsGood(
  { dn, password, ...address }: ReturnType<typeof addressOf> & { dn: string; password: string },
  signal: AbortSignal,
): Promise<boolean> {
  await using connection = await LdapConnection.open(address, signal);
  try {
    await connection.bind(dn, password);
    return true;
  } catch (error) {
    if (isWrongPassword(error)) return false;
    throw error;
  }
}

/** invalidCredentials; inappropriateAuthentication, where the entry has no password at all. */
function isWrongPassword(error: unknown): boolean {
  return error instanceof InvalidCredentialsError || error instanceof InappropriateAuthError;
}

async function personOf(connection: LdapConnection, ldap: LdapProvider, entry: Entry): Promise<ExternalPerson> {
  const { username, name, email } = attributesOf(ldap);
  const found = firstValue(entry, username);
  if (!found) throw new Error(`${entry.dn} has no attribute ${username}`);
  return {
    externalId: entry.dn.toLowerCase(),
    username: found,
    name: firstValue(entry, name),
    email: firstValue(entry, email),
    groups: await groupsOf(connection, ldap, entry.dn),
  };
}

function attributesOf(ldap: LdapProvider) {
  return {
    username: ldap.usernameAttribute || "uid",
    name: ldap.nameAttribute || "cn",
    email: ldap.emailAttribute || "mail",
  };
}
