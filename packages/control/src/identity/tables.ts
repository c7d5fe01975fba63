import { GrantSchema, GroupSchema, RoleSchema } from "@limiquantix/api";
import {
  CertificateRowSchema,
  FactorRowSchema,
  JoinTokenRowSchema,
  LoginPolicyRowSchema,
  NodeCredentialRowSchema,
  PendingLoginRowSchema,
  ProviderRowSchema,
  TokenRowSchema,
  UserRowSchema,
} from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

export const users = table({
  kind: "user",
  schema: UserRowSchema,
  indexes: {
    name: (row) => row.user?.name,
    external: (row) => (row.externalId ? `${row.user?.providerId}/${row.externalId}` : undefined),
  },
  unique: (row) => [row.user?.name ?? ""],
});

export const groups = table({
  kind: "group",
  schema: GroupSchema,
  indexes: { name: (group) => group.name },
  unique: (group) => [group.name],
});

/** Roles of one's own; the built-in ones are not stored. */
export const roles = table({
  kind: "role",
  schema: RoleSchema,
  indexes: { name: (role) => role.name },
  unique: (role) => [role.name],
});

export const grants = table({
  kind: "grant",
  schema: GrantSchema,
  indexes: {
    holder: (grant) => `${grant.holder.case === "groupId" ? "group" : "user"}/${grant.holder.value ?? ""}`,
    object: (grant) => `${grant.object?.kind}/${grant.object?.id}`,
    role: (grant) => grant.roleId,
  },
  // One holder has one role on an object once.
  unique: (grant) => [`${grant.holder.value}/${grant.roleId}/${grant.object?.kind}/${grant.object?.id}`],
});

export const factors = table({
  kind: "factor",
  schema: FactorRowSchema,
  indexes: { user: (row) => row.userId, credential: (row) => row.credentialId || undefined },
});

export const pendingLogins = table({
  kind: "pending-login",
  schema: PendingLoginRowSchema,
  indexes: { state: (row) => row.oidcStateHash || undefined },
});

export const providers = table({
  kind: "provider",
  schema: ProviderRowSchema,
  indexes: { name: (row) => row.provider?.name },
  unique: (row) => [row.provider?.name ?? ""],
});

/** One row, "login". */
export const loginPolicies = table({ kind: "login-policy", schema: LoginPolicyRowSchema });

export const certificates = table({
  kind: "certificate",
  schema: CertificateRowSchema,
  indexes: { subject: (row) => row.certificate?.subjectId || undefined, fingerprint: (row) => row.fingerprint },
});

export const tokens = table({
  kind: "token",
  schema: TokenRowSchema,
  indexes: { secret: (row) => row.secretHash, user: (row) => row.token?.userId },
});

export const joinTokens = table({
  kind: "join-token",
  schema: JoinTokenRowSchema,
  indexes: { secret: (row) => row.secretHash },
});

/** By node id. */
export const nodeCredentials = table({
  kind: "node-credential",
  schema: NodeCredentialRowSchema,
  indexes: { secret: (row) => row.secretHash },
});
