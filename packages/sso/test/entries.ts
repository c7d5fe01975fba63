import { reader, suffix } from "./slapd.ts";

/** A small company: ada is a developer, developers are engineers, engineers and staff contain each other. */
export const entries = [
  entry(suffix, { objectClass: ["dcObject", "organization"], dc: ["example"], o: ["Example"] }),
  entry(`ou=people,${suffix}`, { objectClass: ["organizationalUnit"], ou: ["people"] }),
  entry(`ou=groups,${suffix}`, { objectClass: ["organizationalUnit"], ou: ["groups"] }),
  entry(reader.dn, {
    objectClass: ["organizationalRole", "simpleSecurityObject"],
    cn: ["reader"],
    userPassword: [reader.password],
  }),
  person("ada", "Ada Lovelace", "ada's secret"),
  person("bob", "Bob (the *builder*)", "bob's secret"),
  person("twin", "First Twin", "twin's secret"),
  person("twin", "Second Twin", "twin's secret", "cn=twin2"),
  person("nopw", "Without Password", ""),
  group("developers", [`uid=ada,ou=people,${suffix}`]),
  group("engineers", [groupDn("developers"), groupDn("staff")]),
  group("staff", [groupDn("engineers")]),
  group("strangers", [`uid=bob,ou=people,${suffix}`]),
  // Its cn looks like another group's DN.
  group(groupDn("engineers"), [`uid=bob,ou=people,${suffix}`]),
].join("\n");

export const adaDn = `uid=ada,ou=people,${suffix}`;

export function groupDn(name: string): string {
  return `cn=${name},ou=groups,${suffix}`;
}

function person(uid: string, cn: string, password: string, rdn = `uid=${uid}`): string {
  return entry(`${rdn},ou=people,${suffix}`, {
    objectClass: ["inetOrgPerson"],
    uid: [uid],
    cn: rdn.startsWith("cn=") ? [cn, rdn.slice(3)] : [cn],
    sn: [cn],
    mail: [`${uid}@example.org`],
    ...(password && { userPassword: [password] }),
  });
}

function group(cn: string, members: readonly string[]): string {
  const rdn = cn.replaceAll(/[,=]/g, (char) => `\\${char}`);
  return entry(`cn=${rdn},ou=groups,${suffix}`, { objectClass: ["groupOfNames"], cn: [cn], member: members });
}

/** Base64 spares the escapes of LDIF (RFC 2849). */
function entry(dn: string, attributes: Readonly<Record<string, readonly string[]>>): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const lines = Object.entries(attributes).flatMap(([name, values]) => values.map((v) => `${name}:: ${base64(v)}`));
  return `dn:: ${base64(dn)}\n${lines.join("\n")}\n`;
}
