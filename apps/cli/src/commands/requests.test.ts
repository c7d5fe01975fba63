import { create } from "@bufbuild/protobuf";
import {
  AuditRecord_Outcome,
  AuditRecordSchema,
  FolderSchema,
  FolderTreeSchema,
  GrantSchema,
  IdentityProviderSchema,
  QuotaSchema,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { findFolders, folderPaths } from "../rpc/resolve-folder.ts";
import { formatObject, parseObject } from "../rpc/resolve-object.ts";
import { UsageError } from "../usage-error.ts";
import { changedFields } from "../values/changed-fields.ts";
import { parseHead } from "./audit/head.ts";
import { describeRecord, shortId } from "./audit/view.ts";
import { renderTree } from "./folder/view.ts";
import { describeGrant } from "./grant/view.ts";
import { joinLine } from "./node/join-line.ts";
import { changedQuota } from "./project/quota-flags.ts";
import { changedKind } from "./provider/edit-provider.ts";
import { ldapFields, oidcFields, parseMapping } from "./provider/request.ts";
import { changedPatterns, parsePatterns } from "./role/patterns.ts";

test("an edit sends the fields that were set and names them; one without a change is refused", () => {
  expect(changedFields({ fullName: "Ada", email: undefined, disabled: false })).toEqual({
    fields: { fullName: "Ada", disabled: false },
    updateMask: { paths: ["full_name", "disabled"] },
  });
  expect(() => changedFields({ name: undefined })).toThrow("nothing to change");
});

describe("objects", () => {
  test.each([
    ["root", "root", ""],
    ["project/web", "project", "web"],
    ["folder/web/databases", "folder", "web/databases"],
  ])("%s", (text, kind, ref) => expect(parseObject(text)).toEqual({ kind, ref }));
  test.each(["web", "project/", "/web", "planet/mars", "constructor/x", ""])("%j is none", (text) =>
    expect(() => parseObject(text)).toThrow(UsageError),
  );
  test("print as they are typed", () => {
    const grant = create(GrantSchema, {
      holder: { case: "groupId", value: "g1" },
      holderName: "ops",
      roleName: "operator",
      object: { kind: "project", id: "p1", name: "web" },
      thisObjectOnly: true,
    });
    expect(describeGrant(grant)).toBe("group ops has operator on project/web, and on nothing below it");
    expect(formatObject(undefined)).toBe("");
  });
});

describe("folders", () => {
  const folders = [
    { id: "1", name: "db", projectId: "p" },
    { id: "2", name: "test", projectId: "p", parentId: "1" },
    { id: "3", name: "test", projectId: "q" },
  ].map((folder) => create(FolderSchema, folder));
  const path = folderPaths(folders, (id) => (id === "p" ? "web" : "lab"));
  test("have paths from their project on", () =>
    expect(folders.map(({ id }) => path(id))).toEqual(["web/db", "web/db/test", "lab/test"]));
  test("are found by as much of the path as is needed", () => {
    const found = (ref: string) => findFolders(folders, path, ref).map(({ id }) => id);
    expect([found("db"), found("test"), found("db/test"), found("lab/test"), found("b")]).toEqual([
      ["1"],
      ["2", "3"],
      ["2"],
      ["3"],
      [],
    ]);
  });
  test("print as a tree", () => {
    const [db, inner] = folders;
    const tree = create(FolderTreeSchema, { children: [{ folder: db!, children: [{ folder: inner! }] }] });
    expect(renderTree(tree)).toEqual(["db", "  test"]);
  });
});

describe("roles", () => {
  test("privileges are checked before they are sent", () => {
    expect(parsePatterns(["vm.view,vm.power", "vm.*", "vm.view"])).toEqual(["vm.view", "vm.power", "vm.*"]);
    expect(() => parsePatterns(["vm.fly"])).toThrow('"vm.fly" is no privilege');
  });
  test("an edit replaces, adds and removes", () => {
    expect(changedPatterns(["vm.view"], {})).toBeUndefined();
    expect(changedPatterns(["vm.view"], { add: ["vm.power"] })).toEqual(["vm.view", "vm.power"]);
    expect(changedPatterns(["vm.view", "vm.power"], { remove: ["vm.power"] })).toEqual(["vm.view"]);
    expect(changedPatterns(["vm.view"], { privilege: ["image.*"], add: ["node.view"] })).toEqual([
      "image.*",
      "node.view",
    ]);
    expect(() => changedPatterns(["vm.view"], { remove: ["vm.power"] })).toThrow("the role does not have vm.power");
  });
});

test("a quota keeps what no flag names, and none lifts a limit", () => {
  const before = create(QuotaSchema, { vms: 10, memoryMib: 1024n });
  expect(changedQuota(before, {})).toBeUndefined();
  expect(changedQuota(before, { vcpus: 16, memory: "none" })).toEqual({ vms: 10, vcpus: 16 });
  expect(changedQuota(undefined, { vms: 0 })).toEqual({ vms: 0 });
});

describe("identity providers", () => {
  const none = { caPem: undefined, secret: undefined };
  test("only what was said is sent", () => {
    expect(oidcFields({ issuer: "https://i", scope: ["openid email"] }, { ...none, secret: "s" })).toEqual({
      issuer: "https://i",
      scopes: ["openid", "email"],
      clientSecret: "s",
    });
    expect(ldapFields({ url: ["ldaps://l"], startTls: false }, none)).toEqual({ urls: ["ldaps://l"], startTls: false });
  });
  test("a DN is mapped although it has equal signs itself", () => {
    expect(parseMapping("cn=ops,dc=example=operators")).toEqual({ external: "cn=ops,dc=example", group: "operators" });
    for (const text of ["ops", "=ops", "ops="]) expect(() => parseMapping(text)).toThrow(UsageError);
  });
  test("an edit keeps the rest, and refuses what belongs to the other kind", () => {
    const ldap = create(IdentityProviderSchema, {
      name: "corp",
      kind: { case: "ldap", value: { urls: ["ldaps://l"], userBaseDn: "dc=x" } },
    });
    expect(changedKind(ldap, { bindDn: "cn=s" }, none)).toMatchObject({
      case: "ldap",
      value: { urls: ["ldaps://l"], userBaseDn: "dc=x", bindDn: "cn=s" },
    });
    expect(changedKind(ldap, { displayName: "Corp" }, none)).toBeUndefined();
    expect(() => changedKind(ldap, { issuer: "https://i" }, none)).toThrow("corp is ldap and has no such settings");
    expect(() => changedKind(ldap, { clientSecretStdin: true }, { ...none, secret: "s" })).toThrow(UsageError);
  });
});

describe("the join command", () => {
  const answer = { controlPlane: "https://10.0.0.5:8443", token: "lqxjoin_a.b" };
  test("is one line", () => {
    expect(joinLine(answer)).toBe("limiquantix-node join https://10.0.0.5:8443 --token lqxjoin_a.b");
    expect(joinLine(answer, "https://cp.example/")).toBe(
      "limiquantix-node join https://cp.example --token lqxjoin_a.b",
    );
  });
  test("needs HTTPS", () => {
    expect(() => joinLine({ ...answer, controlPlane: "" })).toThrow("no HTTPS port");
    expect(() => joinLine(answer, "http://cp")).toThrow("hosts join over https alone");
  });
});

describe("the audit log", () => {
  test("a head is written down as it is printed", () => {
    const hash = "9f".repeat(32);
    expect(parseHead(`42:${hash.toUpperCase()}`)).toEqual({ knownId: "42".padStart(20, "0"), knownHash: hash });
    for (const text of ["42", `:${hash}`, `42:${hash}0`]) expect(() => parseHead(text)).toThrow(UsageError);
    expect([shortId("00000000000000000042"), shortId("0")]).toEqual(["42", "0"]);
  });
  test("a record says what it changed, and nothing steers the terminal", () => {
    const object = { kind: "vm", id: "v", name: "web" };
    const lines = describeRecord(
      create(AuditRecordSchema, {
        id: "7",
        actorName: "ada",
        actorKind: "user",
        outcome: AuditRecord_Outcome.SUCCEEDED,
        object,
        changes: [
          { object, field: "spec.cpu.cores", before: "2", after: "4" },
          { object, after: '"\u001b[2J"' },
        ],
      }),
    );
    expect(lines).toContain("~ vm/web spec.cpu.cores: 2 → 4");
    expect(lines.join("\n")).not.toContain("\u001b");
  });
});
