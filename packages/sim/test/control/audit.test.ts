import { toJsonString } from "@bufbuild/protobuf";
import {
  AuditRecord_Outcome,
  AuditRecordSchema,
  AuditService,
  AuthService,
  IdentityProviderService,
  NodeService,
  UserService,
  VMService,
} from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { drain } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
});

afterEach(() => cluster.stop());

async function records() {
  const { records: found } = await cluster.client(AuditService).listAudit({ pageSize: 1000 });
  return found.toReversed();
}

test("no secret that somebody sends or is given comes into the log", async () => {
  const secret = "canary-Zx9-";
  const given: string[] = [];
  const attempts: Promise<unknown>[] = [
    cluster.client(VMService).createVM({
      name: "web-1",
      spec: {
        provisioning: {
          cloudInit: { username: "ada", password: `${secret}1`, userData: `#cloud-config\npassword: ${secret}2\n` },
        },
      },
    }),
    cluster.client(VMService).createVM({
      name: "web-2",
      spec: { provisioning: { cloudInit: { userData: `#cloud-config\nkey: *${secret}3\n` } } },
    }),
    cluster.client(UserService).createUser({ name: "ada", password: `${secret}4-A` }),
    cluster.client(AuthService).login({ username: `${secret}5`, password: `${secret}6` }),
    cluster.client(AuthService).changePassword({ oldPassword: `${secret}7`, newPassword: `${secret}8` }),
    cluster.client(IdentityProviderService).createProvider({
      provider: {
        name: "corp",
        kind: { case: "ldap", value: { urls: ["ldaps://ldap.example.com"], bindPassword: `${secret}9` } },
      },
    }),
    cluster
      .client(NodeService)
      .createJoinToken({})
      .then((answer) => given.push(answer.token)),
  ];
  await Promise.allSettled(attempts);
  const told = (await records()).map((record) => toJsonString(AuditRecordSchema, record));
  expect(told.length).toBeGreaterThanOrEqual(attempts.length);
  for (const line of told) for (const hidden of [secret, ...given]) expect(line).not.toContain(hidden);
  expect(told.join("\n")).toContain("web-1");
});

test("whenever the control plane dies, what it has committed is on record once, and the chain is whole", async () => {
  const vms = cluster.client(VMService);
  for (let step = 0; step < 12; step++) {
    let left = step;
    cluster.control.onStep = () => {
      if (left-- === 0) cluster.control.kill();
    };
    const calls = [1, 2].map((n) => vms.createVM({ name: `vm-${step}-${n}`, spec: {} }).catch(() => {}));
    await drain();
    cluster.control.onStep = () => {};
    if (cluster.control.up) cluster.control.kill();
    await Promise.all(calls);
    await cluster.control.start();
    await cluster.settle();
  }
  const { vms: all } = await vms.listVMs({ pageSize: 1000 });
  const created = (await records()).filter(
    ({ method, outcome }) => method === "VMService.CreateVM" && outcome === AuditRecord_Outcome.SUCCEEDED,
  );
  expect(created.map(({ object }) => object?.id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  expect(all.length).toBeGreaterThan(0);
  expect(await cluster.client(AuditService).verifyAudit({})).toMatchObject({ intact: true });
}, 60_000);
