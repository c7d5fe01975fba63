import { IdentityProviderSchema, type IdentityProvider } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { printable, renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";

export function providerListView(): ListView<typeof IdentityProviderSchema> {
  return {
    schema: IdentityProviderSchema,
    empty: "no identity providers: all users have a password here",
    columns: [
      { header: "NAME", value: (provider) => provider.name },
      { header: "KIND", value: kindOf },
      { header: "AT", value: addressOf },
      { header: "DISABLED", value: (provider) => (provider.disabled ? "yes" : "") },
      { header: "SHOWN AS", value: (provider) => provider.displayName },
      { header: "ID", value: (provider) => provider.id, wide: true },
    ],
  };
}

export function describeProvider(provider: IdentityProvider, groupName: (id: string) => string): string[] {
  const oidc = provider.kind.case === "oidc" ? provider.kind.value : undefined;
  const ldap = provider.kind.case === "ldap" ? provider.kind.value : undefined;
  return [
    ...renderFields([
      ["Name", provider.name],
      ["Id", provider.id],
      ["Kind", kindOf(provider)],
      ["Shown as", provider.displayName],
      ["Disabled", provider.disabled ? "yes" : ""],
      ["Issuer", oidc?.issuer ?? ""],
      ["Client", oidc?.clientId ?? ""],
      ["Scopes", oidc?.scopes.join(" ") ?? ""],
      [
        "Claims",
        oidc ? [oidc.usernameClaim, oidc.nameClaim, oidc.emailClaim, oidc.groupsClaim].filter(Boolean).join(" ") : "",
      ],
      ["Servers", ldap?.urls.join(", ") ?? ""],
      ["StartTLS", ldap?.startTls ? "yes" : ""],
      ["Searches as", ldap ? ldap.bindDn || "nobody" : ""],
      ["Users below", ldap?.userBaseDn ?? ""],
      ["User filter", ldap?.userFilter ?? ""],
      ["Groups below", ldap?.groupBaseDn ?? ""],
      ["Group filter", ldap?.groupFilter ?? ""],
      ["Groups in groups", ldap?.nestedGroups ? "yes" : ""],
      ["Own authority", (oidc?.caPem ?? ldap?.caPem) ? "yes" : ""],
      ["Created", moment(provider.createdAt)],
      ["Revision", String(provider.revision)],
    ]),
    ...provider.groupMappings.map(
      ({ external, groupId }) => `Members of ${printable(external)} are in ${printable(groupName(groupId))}`,
    ),
  ];
}

function kindOf(provider: IdentityProvider): string {
  return provider.kind.case ?? "";
}

function addressOf({ kind }: IdentityProvider): string {
  if (kind.case === "oidc") return kind.value.issuer;
  return kind.case === "ldap" ? kind.value.urls.join(",") : "";
}
