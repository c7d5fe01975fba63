import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuditService,
  AuthService,
  CertificateService,
  ClusterService,
  FolderService,
  GrantService,
  GroupService,
  IdentityProviderService,
  MetricsService,
  ProjectService,
  RoleService,
  SnapshotScheduleService,
  StoragePoolService,
  UserService,
  VMService,
  VolumeService,
} from "@limiquantix/api";
import { expect, test } from "vitest";

const services = [
  AuditService,
  AuthService,
  CertificateService,
  ClusterService,
  FolderService,
  GrantService,
  GroupService,
  IdentityProviderService,
  MetricsService,
  ProjectService,
  RoleService,
  SnapshotScheduleService,
  StoragePoolService,
  UserService,
  VMService,
  VolumeService,
];

/** RPCs that are for others than a terminal. */
const notOurs: ReadonlySet<string> = new Set([
  // A passkey speaks with a browser.
  "AuthService.startPasskeyLogin",
  "AuthService.startPasskey",
  "AuthService.confirmPasskey",
  // A host's own.
  "CertificateService.renewCertificate",
  // Whoever has a link has no account, and looks at the screen in a browser.
  "VMService.openConsoleLink",
  // `vm list --watch` and `metrics watch` follow one as well as all.
  "VMService.watchVM",
  "VMService.streamMetrics",
]);

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
  .join("\n");

test("every RPC of identity, trust, projects, folders, clusters, metrics, audit, VMs and storage can be reached from the command line", () => {
  const methods = services.flatMap((service) =>
    service.methods.map(({ localName }) => ({ name: `${service.name}.${localName}`, localName })),
  );
  const called = (localName: string) => sources.includes(`.${localName}(`);
  const missing = methods.filter(({ name, localName }) => !notOurs.has(name) && !called(localName));
  expect(missing.map(({ name }) => name)).toEqual([]);
  expect([...notOurs].filter((name) => !methods.some((method) => method.name === name))).toEqual([]);
});
