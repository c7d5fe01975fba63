import { toJson, type DescMessage, type JsonValue, type Message, type MessageShape } from "@bufbuild/protobuf";
import type { ResourceRef } from "@limiquantix/api";
import {
  certificates,
  factors,
  grants,
  groups,
  loginPolicies,
  providers,
  roles,
  tokens,
  users,
} from "../identity/tables.ts";
import {
  CertificateSchema,
  ConsoleLinkSchema,
  FactorSchema,
  IdentityProviderSchema,
  LoginPolicySchema,
  TokenSchema,
  UserSchema,
} from "@limiquantix/api";
import { consoleLinks } from "../consoles/table.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import type { Table } from "../store/table.ts";
import {
  clusters,
  folders,
  images,
  networks,
  nodes,
  pools,
  projects,
  schedules,
  snapshots,
  vms,
  volumes,
} from "../tables.ts";
import { publicVm } from "../vms/redact.ts";
import { withoutSecrets } from "./secrets.ts";

interface Subject {
  table: Table;
  /** Of the public message of a row: what the audit log may show of it. */
  json(row: unknown): Record<string, JsonValue> | undefined;
}

/** No change of somebody's: what was seen, and what every write moves. */
const noise = ["status", "usage", "revision", "generation", "updatedAt", "lastUsedAt", "lastAddress", "lastLoginAt"];

function subject<D extends DescMessage, P extends DescMessage = D>(
  table: Table<D>,
  schema: P,
  publicOf: (row: MessageShape<D>) => MessageShape<P> | undefined,
): [string, Subject] {
  const json = (row: unknown) => {
    const message = publicOf(row as MessageShape<D>);
    if (!message) return undefined;
    const shown = toJson(schema, message) as Record<string, JsonValue>;
    for (const field of noise) delete shown[field];
    return withoutSecrets(shown) as Record<string, JsonValue>;
  };
  return [table.kind, { table: table as unknown as Table, json }];
}

function same<D extends DescMessage>(table: Table<D>): [string, Subject] {
  return subject(table, table.schema, (row) => row);
}

/** The kinds of rows whose changes are on record; what is not in here is the control plane's own business. */
const subjects: ReadonlyMap<string, Subject> = new Map([
  subject(vms, vms.schema, publicVm),
  subject(recycledVms, vms.schema, (row) => row.vm && publicVm(row.vm)),
  same(nodes),
  same(images),
  same(pools),
  same(volumes),
  same(snapshots),
  same(schedules),
  same(networks),
  same(projects),
  same(folders),
  same(clusters),
  same(groups),
  same(roles),
  same(grants),
  subject(users, UserSchema, (row) => row.user),
  subject(tokens, TokenSchema, (row) => row.token),
  subject(factors, FactorSchema, (row) => row.factor),
  subject(providers, IdentityProviderSchema, (row) => row.provider),
  subject(consoleLinks, ConsoleLinkSchema, (row) => row.link),
  subject(certificates, CertificateSchema, (row) => row.certificate),
  subject(loginPolicies, LoginPolicySchema, (row) => row.policy),
]);

export function subjectOf(kind: string): Subject | undefined {
  return subjects.get(kind);
}

/** What a row is called, and whose it is. */
export function describe(kind: string, row: unknown): { name: string; projectId: string } {
  const { user, provider, token, certificate, link, vm } = row as Record<string, Message | undefined>;
  const named = (user ?? provider ?? token ?? certificate ?? link ?? vm ?? row) as Record<string, unknown>;
  const name = named["name"] ?? named["hostname"] ?? named["subjectName"];
  const projectId = kind === "project" ? named["id"] : named["projectId"];
  return { name: textOf(name), projectId: textOf(projectId) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Public message → kind. */
const kindsOfMessages: ReadonlyMap<string, string> = new Map([
  ...[vms, nodes, images, pools, volumes, snapshots, schedules, projects, folders, clusters, groups, roles, grants].map(
    ({ schema, kind }) => [schema.typeName, kind] as const,
  ),
  [UserSchema.typeName, users.kind],
  [TokenSchema.typeName, tokens.kind],
  [FactorSchema.typeName, factors.kind],
  [IdentityProviderSchema.typeName, providers.kind],
  [ConsoleLinkSchema.typeName, consoleLinks.kind],
  [CertificateSchema.typeName, certificates.kind],
]);

/** The object that an answer is or carries. */
export function objectInAnswer(
  answer: object,
): { object: Omit<ResourceRef, "$typeName">; projectId: string } | undefined {
  for (const message of [answer, ...Object.values(answer)] as Partial<Message & { id: string }>[]) {
    const kind = kindsOfMessages.get(message?.$typeName ?? "");
    if (!kind || !message.id) continue;
    const { name, projectId } = describe(kind, message);
    return { object: { kind, id: message.id, name }, projectId };
  }
  return undefined;
}
