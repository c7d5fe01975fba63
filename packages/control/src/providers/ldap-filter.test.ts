import { describe, expect, it } from "vitest";
import { filterFault } from "./ldap-filter.ts";

describe("a user filter", () => {
  it.each([
    "(uid={username})",
    "(&(objectClass=user)(sAMAccountName={username}))",
    "(&(|(uid={username})(mail={username}))(!(loginShell=/bin/false)))",
    "(&(uid={username})(cn=a\\28b\\29*))",
    "(&(objectClass=user)(uid={username})(memberOf:1.2.840.113556.1.4.1941:=cn=staff,dc=example,dc=org))",
    "(&(uid={username})(2.5.4.3=x)(userAccountControl:1.2.840.113556.1.4.803:=512))",
  ])("may be %s", (filter) => {
    expect(filterFault(filter, "{username}")).toBeUndefined();
  });

  it.each([
    ["(uid=ada)", "must contain {username}"],
    ["(uid={username})(x={dn})", "has {dn}, which stands for nothing"],
    ["uid={username}", 'has no "(" at character 1'],
    ["(uid={username}", 'has a "(" at character 1 that is not closed'],
    ["(&(uid={username})", 'has no ")" at character 10'],
    ["(uid={username}))", "goes on after its end"],
    ["(uid={username})(uid=*)", "goes on after its end"],
    ["(&)(uid={username})", 'has "&" with 0 filters'],
    ["(!(uid={username})(uid=x))", 'has "!" with 2 filters'],
    ["({username})", "has (x), which compares nothing"],
    ["(uid={username}\\zz)", "has (uid=x\\zz), which compares nothing"],
    [`${"(&".repeat(40)}(uid={username})${")".repeat(40)}`, "is nested too deep"],
  ])("is not %s", (filter, fault) => {
    expect(filterFault(filter, "{username}")).toBe(fault);
  });
});
