import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { LdapProviderSchema } from "@limiquantix/api";
import type { DirectorySettings } from "@limiquantix/control";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LdapDirectory } from "../src/index.ts";
import { TestAuthority } from "./authority.ts";
import { adaDn, entries, groupDn } from "./entries.ts";
import { freePort } from "./ports.ts";
import { reader, Slapd, suffix } from "./slapd.ts";

let authority: TestAuthority;
let slapd: Slapd;
const directory = new LdapDirectory();

beforeAll(async () => {
  authority = await TestAuthority.make("directory authority");
  slapd = await Slapd.start(authority, entries);
});
afterAll(() => slapd[Symbol.asyncDispose]());

function settings(change: MessageInitShape<typeof LdapProviderSchema> = {}): DirectorySettings {
  const ldap = create(LdapProviderSchema, {
    urls: [slapd.ldapsUrl],
    caPem: authority.caPem,
    bindDn: reader.dn,
    userBaseDn: `ou=people,${suffix}`,
    groupBaseDn: `ou=groups,${suffix}`,
    ...change,
  });
  return { ldap, bindPassword: reader.password };
}

const ada = { username: "ada", password: "ada's secret" };
const groupIds = (person: { groups: readonly { id: string }[] } | undefined) => person?.groups.map(({ id }) => id);

describe("a login at OpenLDAP", () => {
  it("takes over who it is, and direct groups", async () => {
    expect(await directory.authenticate(settings(), ada)).toEqual({
      externalId: adaDn,
      username: "ada",
      name: "Ada Lovelace",
      email: "ada@example.org",
      groups: [{ id: groupDn("developers"), name: "developers" }],
    });
  });

  it("finds groups in groups, and ends though they contain each other", async () => {
    const person = await directory.authenticate(settings({ nestedGroups: true }), ada);
    expect(groupIds(person)?.toSorted()).toEqual(["developers", "engineers", "staff"].map(groupDn));
  });

  it("goes over StartTLS", async () => {
    const person = await directory.authenticate(settings({ urls: [slapd.ldapUrl], startTls: true }), ada);
    expect(person?.username).toBe("ada");
  });

  it("reads the attributes and uses the filters that it is told", async () => {
    const person = await directory.authenticate(
      settings({
        userFilter: "(&(objectClass=inetOrgPerson)(mail={username}))",
        usernameAttribute: "mail",
        nameAttribute: "SN",
        emailAttribute: "description",
        groupFilter: "(&(objectClass=groupOfNames)(member={dn})(!(cn=developers)))",
      }),
      { username: "ada@example.org", password: ada.password },
    );
    expect(person).toMatchObject({ username: "ada@example.org", name: "Ada Lovelace", email: "", groups: [] });
  });

  it("uses the next server when one is dead", async () => {
    const dead = `ldaps://127.0.0.1:${await freePort()}`;
    const person = await directory.authenticate(settings({ urls: [dead, slapd.ldapsUrl] }), ada);
    expect(person?.username).toBe("ada");
  });
});

describe("OpenLDAP lets nobody in", () => {
  it.each([
    ["with a wrong password", { ...ada, password: "wrong" }],
    ["with no password: that bind would be anonymous, and succeed", { ...ada, password: "" }],
    ["who is not there", { username: "eve", password: "x" }],
    ["without a name", { username: "", password: "x" }],
    ["who has no password", { username: "nopw", password: "x" }],
    ["by a wildcard", { ...ada, username: "*" }],
    ["by a prefix", { ...ada, username: "ad*" }],
    ["by a filter put into the name", { ...ada, username: "*)(uid=*" }],
    ["by a filter that closes ours", { ...ada, username: "ada)(|(uid=*" }],
    ["by a NUL", { ...ada, username: "ada\0" }],
  ])("%s", async (_, credentials) => {
    expect(await directory.authenticate(settings(), credentials)).toBeUndefined();
  });

  it("finds a name that is made of a filter's special characters, as the name that it is", async () => {
    const byCn = settings({ userFilter: "(cn={username})" });
    const bob = await directory.authenticate(byCn, { username: "Bob (the *builder*)", password: "bob's secret" });
    expect(bob?.username).toBe("bob");
  });

  it("whom two entries could be", async () => {
    const twin = { username: "twin", password: "twin's secret" };
    await expect(directory.authenticate(settings(), twin)).rejects.toThrow("more than one entry for twin");
  });
});

describe("what keeps a directory from answering is said in plain words", () => {
  const attempt = (change: MessageInitShape<typeof LdapProviderSchema>, patient = directory) =>
    patient.authenticate(settings(change), ada);

  it("an authority that is not trusted", async () => {
    const other = await TestAuthority.make("another authority");
    await expect(attempt({ caPem: other.caPem })).rejects.toThrow("authority that is not trusted");
    await expect(attempt({ caPem: "" })).rejects.toThrow("authority that is not trusted");
    const plain = { urls: [slapd.ldapUrl], startTls: true };
    await expect(attempt({ ...plain, caPem: other.caPem })).rejects.toThrow("authority that is not trusted");
  });

  it("a certificate for another name", async () => {
    const url = slapd.ldapsUrl.replace("127.0.0.1", "localhost");
    await expect(attempt({ urls: [url] })).rejects.toThrow("for another name");
  });

  it("no TLS at all, though the server would listen", async () => {
    await expect(attempt({ urls: [slapd.ldapUrl] })).rejects.toThrow("is without TLS");
    await expect(attempt({ urls: [slapd.ldapUrl.replace("ldap:", "ldaps:")] })).rejects.toThrow(
      /closed the connection/,
    );
  });

  it("a dead server", async () => {
    const dead = `ldaps://127.0.0.1:${await freePort()}`;
    await expect(attempt({ urls: [dead] })).rejects.toThrow(`${dead}: nothing listens there`);
  });

  it("a server that says nothing", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const impatient = new LdapDirectory({ deadlineMs: 300 });
    await expect(attempt({ urls: [`ldaps://127.0.0.1:${port}`] }, impatient)).rejects.toThrow("time limit");
    await expect(attempt({ urls: [`ldap://127.0.0.1:${port}`], startTls: true }, impatient)).rejects.toThrow(
      "time limit",
    );
    mute.close();
  });

  it("a StartTLS answer with something put in behind it", async () => {
    const success = Buffer.from("300c02010178070a010004000400", "hex");
    const injecting = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write(Buffer.concat([success, Buffer.from("300c0201026107", "hex")])));
    }).listen(0, "127.0.0.1");
    await once(injecting, "listening");
    const { port } = injecting.address() as AddressInfo;
    await expect(attempt({ urls: [`ldap://127.0.0.1:${port}`], startTls: true })).rejects.toThrow(
      "more than its answer",
    );
    injecting.close();
  });

  it("a search account with a wrong password, which is nobody's login failing", async () => {
    const wrong = { ...settings(), bindPassword: "wrong" };
    await expect(directory.authenticate(wrong, ada)).rejects.toThrow(`${reader.dn} cannot bind`);
  });

  it("a directory that lets nobody search who is not bound", async () => {
    await expect(attempt({ bindDn: "" })).rejects.toThrow("or the search account may not see it");
  });
});

describe("a test of the provider", () => {
  it("tells each step, and what a login would take over", async () => {
    const steps: string[] = [];
    const person = await directory.inspect(settings({ nestedGroups: true }), steps, "ada");
    expect(person?.groups).toHaveLength(3);
    expect(steps).toEqual([
      `connected to ${slapd.ldapsUrl} over TLS, and its certificate is good`,
      `bound as ${reader.dn}`,
      `user ada is ${adaDn}`,
      `3 groups are found below ou=groups,${suffix}`,
    ]);
  });

  it("tells how far it came", async () => {
    const steps: string[] = [];
    await expect(directory.inspect(settings({ caPem: "" }), steps)).rejects.toThrow("not trusted");
    expect(steps).toEqual([expect.stringMatching(/cannot be used: .*not trusted/)]);
    const more: string[] = [];
    await directory.inspect(settings(), more, "eve");
    expect(more.at(-1)).toBe(`no user eve is found below ou=people,${suffix}`);
  });
});
