import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestAuthority } from "../../../packages/sso/test/authority.ts";
import { confidential, OidcServer } from "../../../packages/sso/test/oidc-server.ts";
import { ExitCode } from "./exit-codes.ts";
import { followCallback } from "./testing/follow-callback.ts";
import { start, type Started } from "./testing/processes.ts";
import { totpCode } from "./testing/totp.ts";
import { runLqx, type Outcome } from "./testing/run-lqx.ts";

/* A control plane that asks for proof, its administrator, and a tenant, on the command line. */

let home: string;
let controlPlane: Started;
let https = "";
let fingerprint = "";

interface Person {
  (...words: string[]): Promise<Outcome>;
  /** What must work: its output. */
  ok: (...words: string[]) => Promise<string>;
  json: <Data>(...words: string[]) => Promise<Data>;
  /** With something on standard input. */
  piped: (input: string, ...words: string[]) => Promise<Outcome>;
  home: string;
}

/** Somebody with a home of their own. */
function person(name: string): Person {
  const own = { home: join(home, name) };
  const lqx = (...words: string[]) => runLqx(words, own);
  const ok = async (...words: string[]) => {
    const { code, out, err } = await lqx(...words);
    if (code !== 0) throw new Error(`lqx ${words.join(" ")} answered ${code}:\n${err}`);
    return out;
  };
  return Object.assign(lqx, {
    ok,
    json: async <Data>(...words: string[]) => JSON.parse(await ok(...words, "-o", "json")) as Data,
    piped: (input: string, ...words: string[]) => runLqx(words, own, input),
    ...own,
  });
}

let admin: Person;
let tia: Person;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "lqx-identity-flow-"));
  admin = person("admin");
  tia = person("tia");
  const data = join(home, "data");
  controlPlane = start(
    "limiquantix-controlplane",
    ["--data", data, "--listen", "127.0.0.1:0", "--https-listen", "127.0.0.1:0", "--public-name", "127.0.0.1"],
    { HOME: home },
  );
  [, https = "", fingerprint = ""] = await controlPlane.said(/for others: (https:\S+) .*SHA-256: ([0-9a-f]{64})/);
  const [, password = ""] = /password: (\S+)/.exec(await readFile(join(data, "first-login"), "utf8")) ?? [];
  const trust = ["--ca-fingerprint", fingerprint];
  const first = await admin.piped(password, "login", https, ...trust, "-u", "admin", "--password-stdin");
  expect({ code: first.code, err: first.err }).toMatchObject({ code: 0, err: expect.stringContaining("lqx passwd") });
  const changed = await admin.piped(`${password}\nadmin has a long one\n`, "passwd", "--password-stdin");
  expect({ code: changed.code, err: changed.err }).toMatchObject({ code: 0 });
}, 60_000);

afterAll(async () => {
  await controlPlane?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
}, 60_000);

test("an unknown authority is not trusted silently, and a wrong fingerprint never", async () => {
  const stranger = person("stranger");
  const unasked = await stranger.piped("x", "login", https, "-u", "admin", "--password-stdin");
  expect([unasked.code, unasked.err]).toEqual([ExitCode.USAGE, expect.stringContaining("--ca-fingerprint HEX")]);
  expect(unasked.err.replaceAll(" ", "")).toContain(fingerprint);
  const wrong = await stranger.piped(
    "x",
    "login",
    https,
    "--ca-fingerprint",
    "00".repeat(32),
    "-u",
    "a",
    "--password-stdin",
  );
  expect([wrong.code, wrong.err]).toEqual([ExitCode.USAGE, expect.stringContaining("another authority")]);
  const other = await stranger("vm", "list", "--server", https);
  expect(other.code).not.toBe(0);
  await expect(stat(stranger.home)).rejects.toThrow();
}, 60_000);

test("the session is bound to a key on this machine", async () => {
  const directory = join(admin.home, ".config/limiquantix");
  const saved = JSON.parse(await readFile(join(directory, "config.json"), "utf8")) as {
    contexts: { default: { token: string; caFile: string; identityFile: string } };
  };
  const { token, caFile, identityFile } = saved.contexts.default;
  expect((await stat(identityFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(caFile, "utf8")).toBe(`${(await admin.ok("certificate", "authority", "--pem")).trimEnd()}\n`);
  expect(await admin.ok("certificate", "authority")).toContain(fingerprint);
  expect(await admin.ok("certificate", "ls", "--kind", "session")).toContain("admin");
  // The token alone, as a thief has it.
  const thief = await runLqx(["whoami"], { home: admin.home, token });
  expect([thief.code, thief.err]).toEqual([ExitCode.DENIED, expect.stringContaining("client certificate")]);
}, 60_000);

test("a join command is one line", async () => {
  expect(await admin.ok("node", "join-command")).toMatch(
    /^limiquantix-node join https:\/\/127\.0\.0\.1:\d+ --token lqxjoin_[\w-]+\.[\w-]+\n$/,
  );
}, 60_000);

test("a user, a group, a role, a project with a quota, and what is granted", async () => {
  expect(await admin.ok("user", "create", "tia", "--dry-run")).toContain("nothing was changed");
  const made = await admin.piped(
    "tia has a long one",
    "user",
    "create",
    "tia",
    "--full-name",
    "Tia Tenant",
    "--password-stdin",
  );
  expect({ code: made.code, err: made.err }).toMatchObject({ code: 0 });
  await admin.ok("user", "edit", "tia", "--email", "tia@example.com");
  expect(await admin.json("user", "get", "tia")).toMatchObject({ fullName: "Tia Tenant", email: "tia@example.com" });
  await admin.ok("group", "create", "tenants", "--description", "of web");
  expect(await admin.ok("group", "add", "tenants", "tia")).toContain("tia is in tenants");
  expect(await admin.ok("user", "ls", "--group", "tenants")).toContain("Tia Tenant");
  await admin.ok("role", "create", "tenant", "--privilege", "vm.*,folder.*", "--privilege", "project.view");
  await admin.ok("role", "edit", "tenant", "--add", "image.view", "--add", "event.view,grant.view");
  expect((await admin("role", "create", "bad", "--privilege", "vm.fly")).err).toContain("no privilege");
  expect((await admin("role", "rm", "operator", "--yes")).err).toContain("built in");
  await admin.ok("project", "create", "web", "--vcpus", "4", "--memory", "8GiB");
  await admin.ok("project", "create", "secret");
  expect(await admin.ok("project", "quota", "web", "--vms", "2", "--vcpus", "none", "--storage", "1T")).toMatch(
    /VMs: +0 of 2/,
  );
  expect(await admin.json("project", "get", "web")).toMatchObject({
    quota: { vms: 2, memoryMib: "8192", storageGib: "1024" },
  });
  await admin.ok("grant", "add", "--group", "tenants", "--role", "tenant", "--on", "project/web");
  expect(await admin.ok("grant", "ls", "--on", "project/web")).toMatch(/group tenants +tenant +project\/web/);
  expect(await admin.ok("grant", "ls", "--user", "tia", "--effective")).toContain("project/web");
}, 60_000);

test("the tenant sees what is theirs and no more", async () => {
  const trust = ["--ca-fingerprint", fingerprint];
  const login = await tia.piped("tia has a long one", "login", https, ...trust, "-u", "tia", "--password-stdin");
  expect({ code: login.code, err: login.err }).toMatchObject({ code: 0 });
  expect((await tia("project", "ls")).err).toContain("must choose a password");
  const changed = await tia.piped("tia has a long one\ntia took a longer one\n", "passwd", "--password-stdin");
  expect({ code: changed.code, err: changed.err }).toMatchObject({ code: 0 });
  const self = await tia.ok("whoami");
  expect(self).toContain("tia at https://");
  expect(self).toContain("tenant on project/web");
  expect((await tia.json<{ name: string }[]>("project", "ls")).map(({ name }) => name)).toEqual(["web"]);
  expect((await tia("project", "get", "secret")).code).toBe(ExitCode.NOT_FOUND);
  expect((await tia("user", "ls")).code).toBe(ExitCode.DENIED);
  await tia.ok("folder", "create", "databases", "--project", "web");
  await tia.ok("folder", "create", "test", "--parent", "web/databases");
  expect(await tia.ok("folder", "tree")).toBe("web\n  databases\n    test\n");
  expect(await tia.ok("folder", "rename", "databases/test", "trial")).toContain("folder test is trial now");
  await tia.ok("folder", "move", "trial");
  expect(await tia.ok("folder", "ls")).toMatch(/web\/databases\s[^]*web\/trial/);
  expect(await tia.ok("folder", "rm", "trial", "--yes")).toContain("is deleted");
  expect(await tia.ok("can-i", "vm.create", "--on", "project/web")).toMatch(/vm\.create +project\/web +yes/);
  const no = await tia("can-i", "vm.create", "project.delete", "--on", "project/web", "-o", "json");
  expect([no.code, JSON.parse(no.out)]).toMatchObject([ExitCode.DENIED, [{ allowed: true }, { allowed: false }]]);
  expect((await tia("__complete", "--", "project", "get", "")).out).toBe("web\n");
}, 60_000);

test("tokens are scoped, sessions are listed and revoked", async () => {
  const secret = (
    await tia.ok("token", "create", "ci", "--scope", "project.view", "--on", "project/web", "--expires", "30d")
  ).trim();
  expect(await tia.ok("token", "ls")).toMatch(/ci +project\.view +project\//);
  const program = person("program");
  const kept = await program.piped(secret, "login", https, "--ca-fingerprint", fingerprint, "--token-stdin");
  expect({ code: kept.code, err: kept.err }).toMatchObject({ code: 0 });
  await program.ok("project", "get", "web");
  expect((await program("folder", "create", "x", "--project", "web")).code).toBe(ExitCode.DENIED);
  await tia.ok("token", "revoke", "ci");
  expect((await program("project", "get", "web")).code).toBe(ExitCode.DENIED);
  expect(await tia.ok("session", "ls")).toContain("lqx/");
  await admin.ok("user", "create", "robot", "--service");
  expect((await admin.ok("token", "create", "nightly", "--for", "robot")).trim()).toMatch(/^\S{20,}$/);
  expect(await admin.ok("token", "ls", "--user", "robot")).toContain("nightly");
}, 60_000);

test("a second factor: set up, asked for, and done without by a recovery code", async () => {
  let secret = "";
  const added = await runLqx(["factor", "add-totp", "phone", "--code-stdin"], tia, {
    answer: (errors) => {
      [, secret = ""] = /secret: ([A-Z2-7]+)\n/.exec(errors) ?? [];
      return secret ? totpCode(secret) : undefined;
    },
  });
  expect({ code: added.code, err: added.err }).toMatchObject({ code: 0, err: expect.stringContaining("otpauth://") });
  const codes = added.out.trimEnd().split("\n");
  expect(codes).toHaveLength(10);
  expect(await tia.ok("factor", "ls")).toMatch(/phone +TOTP/);
  const again = (...proof: string[]) =>
    tia.piped("tia took a longer one", "login", "-u", "tia", "--password-stdin", ...proof);
  expect((await again()).err).toContain("there is no terminal to ask");
  expect((await again("--code", "000000")).code).toBe(ExitCode.DENIED);
  // The one of the setup is used up.
  const byApp = await again("--code", totpCode(secret, 1));
  expect({ code: byApp.code, err: byApp.err }).toMatchObject({ code: 0 });
  const byPaper = await again("--recovery-code", codes[0] ?? "");
  expect({ code: byPaper.code, err: byPaper.err }).toMatchObject({ code: 0 });
  expect((await again("--recovery-code", codes[0] ?? "")).code).toBe(ExitCode.DENIED);
  expect((await tia("factor", "ls")).err).toContain("9 recovery codes are left");
  expect(await tia.ok("session", "revoke", "--others")).toContain("is revoked");
  const removed = await tia.piped("tia took a longer one", "factor", "rm", "phone", "--password-stdin");
  expect({ code: removed.code, err: removed.err }).toMatchObject({ code: 0 });
}, 60_000);

test("clusters, the login policy, and what it takes to delete", async () => {
  await admin.ok("cluster", "create", "lab", "-l", "room=1");
  await admin.ok("cluster", "edit", "lab", "--name", "lab-1", "-l", "room-");
  expect(await admin.ok("cluster", "ls")).toMatch(/lab-1 +0/);
  expect(await admin.ok("policy", "set", "--lockout-after", "7")).toContain("after 7 wrong ones");
  expect((await admin("policy", "set")).err).toContain("nothing to change");
  expect((await admin("cluster", "rm", "lab-1")).err).toContain("there is no terminal to ask");
  await admin.ok("cluster", "rm", "lab-1", "--yes");
  expect((await admin("role", "rm", "tenant", "--yes")).code).toBe(ExitCode.CONFLICT);
  expect((await admin("project", "rm", "web", "--yes")).code).toBe(ExitCode.CONFLICT);
  expect((await admin("user", "rm", "admin", "--yes")).code).toBe(ExitCode.CONFLICT);
}, 60_000);

test("a grant that is taken back is in force at once; so is a disabled user", async () => {
  const [grant = { id: "" }] = await admin.json<{ id: string }[]>("grant", "ls", "--group", "tenants");
  await admin.ok("grant", "rm", grant.id, "--yes");
  expect(await tia.json("project", "ls")).toEqual([]);
  await admin.ok("user", "disable", "tia");
  expect((await tia("whoami")).code).toBe(ExitCode.DENIED);
  await admin.ok("user", "enable", "tia");
}, 60_000);

test("the audit log has it all, and is whole", async () => {
  const denied = await admin.json<{ method: string; actorName: string }[]>("audit", "ls", "--denied", "--user", "tia");
  expect(denied).toContainEqual(expect.objectContaining({ method: "UserService.ListUsers", actorName: "tia" }));
  const [created = { id: "" }] = await admin.json<{ id: string }[]>(
    "audit",
    "ls",
    "--method",
    "CreateProject",
    "--since",
    "1h",
  );
  expect(await admin.ok("audit", "show", created.id)).toContain("ProjectService.CreateProject");
  expect(await admin.ok("audit", "ls", "--object", "project/web")).toContain("UpdateProject");
  const file = join(home, "audit.jsonl");
  await admin.ok("audit", "export", file);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(lines.every((line) => typeof JSON.parse(line) === "object")).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const secrets = ["has a long one", "lqxapi_"];
  expect(secrets.filter((secret) => lines.some((line) => line.includes(secret)))).toEqual([]);
  const verified = await admin.ok("audit", "verify");
  expect(verified).toMatch(/^intact: \d+ records\nhead: \d+:[0-9a-f]{64}\n$/);
  const [, head = ""] = /head: (\S+)/.exec(verified) ?? [];
  await admin.ok("audit", "verify", "--known", head);
  const broken = await admin(
    "audit",
    "verify",
    "--known",
    head.replace(/.$/, (c) => (c === "0" ? "1" : "0")),
  );
  expect([broken.code, broken.out]).toEqual([ExitCode.FAILED, expect.stringContaining("broken at")]);
}, 60_000);

test("an identity provider is described, tested and mapped; its secret comes by a pipe and is not shown", async () => {
  await writeFile(join(home, "ca.pem"), await admin.ok("certificate", "authority", "--pem"));
  const words = [
    "--url",
    "ldaps://127.0.0.1:9",
    "--user-base-dn",
    "dc=example",
    "--group-base-dn",
    "ou=groups,dc=example",
    "--bind-dn",
    "cn=reader",
    "--ca",
    join(home, "ca.pem"),
  ];
  const made = await admin.piped(
    "s3cret-pass",
    "provider",
    "create-ldap",
    "corp",
    ...words,
    "--bind-password-stdin",
    "--map",
    "cn=ops=tenants",
  );
  expect({ code: made.code, err: made.err }).toMatchObject({ code: 0 });
  await admin.ok("provider", "edit", "corp", "--display-name", "Corp", "--nested-groups");
  await admin.ok("provider", "map-group", "corp", "cn=dev,dc=example", "tenants");
  const shown = await admin.ok("provider", "show", "corp");
  expect(shown).toMatch(
    /Shown as: +Corp[^]*Members of cn=ops are in tenants\nMembers of cn=dev,dc=example are in tenants/,
  );
  expect(await admin.ok("provider", "show", "corp", "-o", "yaml")).not.toContain("s3cret-pass");
  expect((await admin("provider", "edit", "corp", "--issuer", "https://x")).code).toBe(ExitCode.USAGE);
  const tested = await admin("provider", "test", "corp");
  expect([tested.code, tested.out]).toEqual([ExitCode.FAILED, expect.stringContaining("it does not work")]);
  await admin.ok("provider", "rm", "corp", "--yes");
}, 60_000);

test("a login at an OpenID provider: the browser comes back to a port of this machine", async () => {
  const authority = await TestAuthority.make("provider authority");
  const callback = `${https}/auth/oidc/callback`;
  await using server = await OidcServer.start(authority, { redirectUris: [callback] });
  await writeFile(join(home, "oidc-ca.pem"), authority.caPem);
  const client = ["--issuer", server.issuer, "--client-id", confidential.clientId, "--client-secret-stdin"];
  const words = [...client, "--ca", join(home, "oidc-ca.pem")];
  const made = await admin.piped(confidential.clientSecret, "provider", "create-oidc", "elsewhere", ...words);
  expect({ code: made.code, err: made.err }).toMatchObject({ code: 0 });
  expect(await admin.ok("provider", "test", "elsewhere")).toContain("it works");
  const { contexts } = JSON.parse(await readFile(join(admin.home, ".config/limiquantix/config.json"), "utf8")) as {
    contexts: { default: { caFile: string; serverName: string } };
  };
  const { caFile, serverName } = contexts.default;
  const ada = person("ada");
  let page: Promise<string> | undefined;
  const browse = async (url: string) => {
    const back = await followCallback(await server.browse(url, callback), { caFile, serverName });
    return (await fetch(back)).text();
  };
  const login = await runLqx(["login", https, "--ca-fingerprint", fingerprint, "--oidc", "elsewhere"], ada, {
    answer: (errors) => {
      const [, url] = /^ {2}(https:\S+)$/m.exec(errors) ?? [];
      if (url) page ??= browse(url);
      return undefined;
    },
  });
  expect({ code: login.code, err: login.err }).toMatchObject({ code: 0 });
  expect(await page).toContain("You are logged in");
  expect(await ada.ok("whoami")).toContain("ada at https://");
  expect(await admin.ok("user", "show", "ada")).toMatch(/Vouched for by: +elsewhere/);
}, 60_000);

test("logging out forgets the key", async () => {
  await admin.ok("logout");
  await expect(stat(join(admin.home, ".config/limiquantix/sessions/default.pem"))).rejects.toThrow();
  expect((await admin("vm", "ls")).code).toBe(ExitCode.DENIED);
}, 60_000);
