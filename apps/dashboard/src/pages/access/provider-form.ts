import type { IdentityProvider } from "@limiquantix/api";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { IdentityProviderSchema } from "@limiquantix/api";

export type ProviderKind = "oidc" | "ldap";

/** What a form of a provider holds: texts as they are typed, lists one a line. */
export interface ProviderForm {
  name: string;
  displayName: string;
  disabled: boolean;
  /** Of the kind's own fields, by their name in the API. */
  texts: Record<string, string>;
  startTls: boolean;
  nestedGroups: boolean;
  mappings: { external: string; groupId: string }[];
}

export const activeDirectory: Record<string, string> = {
  userFilter: "(&(objectClass=user)(sAMAccountName={username}))",
  usernameAttribute: "sAMAccountName",
  nameAttribute: "displayName",
  emailAttribute: "mail",
  groupFilter: "(&(objectClass=group)(member={dn}))",
};

export const openLdap: Record<string, string> = {
  userFilter: "(&(objectClass=person)(uid={username}))",
  usernameAttribute: "uid",
  nameAttribute: "cn",
  emailAttribute: "mail",
  groupFilter: "(|(member={dn})(uniqueMember={dn}))",
};

export function formOf(provider: IdentityProvider | undefined): ProviderForm {
  const kind = provider?.kind;
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(kind?.value ?? {})) {
    if (typeof value === "string" && key !== "$typeName") texts[key] = value;
    else if (Array.isArray(value)) texts[key] = (value as string[]).join("\n");
  }
  return {
    name: provider?.name ?? "",
    displayName: provider?.displayName ?? "",
    disabled: provider?.disabled ?? false,
    texts,
    startTls: kind?.case === "ldap" && kind.value.startTls,
    nestedGroups: kind?.case === "ldap" && kind.value.nestedGroups,
    mappings: (provider?.groupMappings ?? []).map(({ external, groupId }) => ({ external, groupId })),
  };
}

/** As the API wants it. An empty secret at an update stays as it is. */
export function providerOf(kind: ProviderKind, form: ProviderForm): MessageInitShape<typeof IdentityProviderSchema> {
  const { texts } = form;
  const text = (name: string) => texts[name]?.trim() ?? "";
  const lines = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  return {
    name: form.name.trim(),
    displayName: form.displayName,
    disabled: form.disabled,
    groupMappings: form.mappings.filter(({ external, groupId }) => external.trim() && groupId),
    kind:
      kind === "oidc"
        ? {
            case: "oidc",
            value: {
              issuer: text("issuer"),
              clientId: text("clientId"),
              clientSecret: texts["clientSecret"] ?? "",
              scopes: lines("scopes"),
              usernameClaim: text("usernameClaim"),
              nameClaim: text("nameClaim"),
              emailClaim: text("emailClaim"),
              groupsClaim: text("groupsClaim"),
              caPem: text("caPem"),
            },
          }
        : {
            case: "ldap",
            value: {
              urls: lines("urls"),
              startTls: form.startTls,
              caPem: text("caPem"),
              bindDn: text("bindDn"),
              bindPassword: texts["bindPassword"] ?? "",
              userBaseDn: text("userBaseDn"),
              userFilter: text("userFilter"),
              usernameAttribute: text("usernameAttribute"),
              nameAttribute: text("nameAttribute"),
              emailAttribute: text("emailAttribute"),
              groupBaseDn: text("groupBaseDn"),
              groupFilter: text("groupFilter"),
              nestedGroups: form.nestedGroups,
            },
          },
  };
}
