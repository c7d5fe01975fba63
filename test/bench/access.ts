import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  accessOf,
  administratorRole,
  FolderSchema,
  GrantSchema,
  GroupSchema,
  StartVMRequestSchema,
  Token_Kind,
  VirtualMachineSchema,
  VMService,
} from "@limiquantix/api";
import { TokenRowSchema, UserRowSchema } from "@limiquantix/api/rows";
import {
  allTables,
  aesGcmSealer,
  authorise,
  folders,
  Identity,
  Inventory,
  MemoryStore,
  newSealingKey,
  openDatabase,
  RightsIndex,
  vms,
  type Database,
  type Table,
} from "@limiquantix/control";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { quantile, type Bench, type Figure } from "./figure.ts";

const yearMs = 365 * 24 * 3600 * 1000;
const batchSize = 1000;

/**
 * What each call pays before its handler runs: the token is looked up and its user's right to start a VM that is eight
 * folders deep; and how long after a grant goes the check of an open stream refuses.
 */
export const accessCheck: Bench = {
  name: "access",
  needsLibvirt: false,
  async run(size) {
    const [users, requests] = size === "tiny" ? [50, 200] : [10_000, 50_000];
    const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock: systemClock, log: silentLog });
    await using _ = db;
    const { secrets, vmId } = await fill(db, users);
    const inventory = new Inventory(db);
    using rights = new RightsIndex(db);
    const { gate } = identityOf(db, rights, inventory);
    const rule = accessOf(VMService.method.startVM);
    if (!rule) throw new Error("StartVM has no access option");
    const request = create(StartVMRequestSchema, { id: vmId });
    const headers = secrets.map((secret) => new Headers({ authorization: `Bearer ${secret}` }));
    const peer = { address: "192.0.2.1", loopback: false };
    const callerOf = (i: number) =>
      gate.authenticate({ method: "limiquantix.compute.v1.VMService/StartVM", headers: headers[i]!, peer });
    const measure = (times: number): number[] => {
      const samples: number[] = [];
      for (let n = 0; n < times; n++) {
        // Steps of a prime: every user, and no two in a row next to each other.
        const i = (n * 7919) % headers.length;
        const start = performance.now();
        authorise(rule, callerOf(i), request, inventory);
        samples.push((performance.now() - start) * 1000);
      }
      return samples;
    };
    const first = measure(headers.length);
    const warm = measure(requests);
    const ends: number[] = [];
    for (let n = 0; n < (size === "tiny" ? 3 : 100); n++) ends.push(await timeToRefusal(db, callerOf(n)));
    const what = `authenticate and authorise, ${users} users, ${users} grants, ${Math.ceil(users / 10)} groups`;
    const figures: Figure[] = [
      { name: `${what}: p50`, unit: "µs", ours: quantile(warm, 0.5), aim: "≤ 50" },
      { name: `${what}: p99`, unit: "µs", ours: quantile(warm, 0.99) },
      { name: `${what}: a user's first call, p99`, unit: "µs", ours: quantile(first, 0.99) },
      { name: "a grant goes → its open stream is refused: p99", unit: "ms", ours: quantile(ends, 0.99), aim: "≤ 1000" },
    ];
    return figures;
  },
};

type Caller = ReturnType<Identity["gate"]["authenticate"]>;

function identityOf(db: Database, rights: RightsIndex, inventory: Inventory): Identity {
  return new Identity({
    db,
    clock: systemClock,
    log: silentLog,
    rights,
    inventory,
    sealer: aesGcmSealer(newSealingKey()),
    hasher: { hash: async (password) => password, verify: async () => false },
    nodes: {
      authenticate() {
        throw new Error("no hosts here");
      },
      authenticateCertificate() {
        throw new Error("no hosts here");
      },
    },
    dev: false,
  });
}

/** Milliseconds from the deletion of a grant until who waits for a change of rights hears of it. */
async function timeToRefusal(db: Database, caller: Caller): Promise<number> {
  const grants = tableOf("grant");
  const row = create(GrantSchema, {
    id: newId(),
    holder: { case: "userId", value: caller.principal.id },
    roleId: administratorRole,
    object: { kind: "root" },
  });
  await db.transact((tx) => tx.insert(grants, row));
  const heard = Promise.withResolvers<number>();
  using _ = caller.access.onChange(() => {
    if (!caller.access.everywhere("settings.manage")) heard.resolve(performance.now());
  });
  const start = performance.now();
  await db.transact((tx) => tx.delete(grants, row.id));
  return (await heard.promise) - start;
}

/** Users with a token each, a tenth as many groups of ten, and a grant for each user or their group on the way up. */
async function fill(db: Database, count: number): Promise<{ secrets: string[]; vmId: string }> {
  const path: string[] = [];
  for (let depth = 0; depth < 8; depth++) {
    const id = newId();
    const folder = create(FolderSchema, { id, name: `f${depth}`, parentId: path.at(-1) ?? "", projectId: "default" });
    await db.transact((tx) => tx.insert(folders, folder));
    path.push(id);
  }
  const vmId = newId();
  const vm = create(VirtualMachineSchema, {
    id: vmId,
    name: "vm",
    projectId: "default",
    folderId: path.at(-1),
    isManaged: true,
  });
  await db.transact((tx) => tx.insert(vms, vm));

  const [users, tokens, groups, grants] = [tableOf("user"), tableOf("token"), tableOf("group"), tableOf("grant")];
  const secrets: string[] = [];
  const ids = Array.from({ length: count }, () => newId());
  for (let from = 0; from < count; from += batchSize) {
    await db.transact((tx) => {
      for (const [offset, id] of ids.slice(from, from + batchSize).entries()) {
        const i = from + offset;
        const secret = `lqx_${id}`;
        secrets.push(secret);
        tx.insert(users, create(UserRowSchema, { id, user: { id, name: `u${i}` } }));
        const now = Date.now();
        const token = {
          id: newId(),
          userId: id,
          kind: Token_Kind.API,
          lastUsedAt: timestampFromMs(now),
          expiresAt: timestampFromMs(now + yearMs),
        };
        const secretHash = createHash("sha256").update(secret).digest("hex");
        tx.insert(tokens, create(TokenRowSchema, { id: token.id, token, secretHash }));
        // Nine of ten directly, the tenth's group for all ten of them once more.
        const groupId = newId();
        const members = ids.slice(i, i + 10);
        if (i % 10 === 0) tx.insert(groups, create(GroupSchema, { id: groupId, name: `g${i}`, memberIds: members }));
        tx.insert(
          grants,
          create(GrantSchema, {
            id: newId(),
            holder: i % 10 === 0 ? { case: "groupId", value: groupId } : { case: "userId", value: id },
            roleId: "vm-user",
            object: { kind: "folder", id: path[i % path.length]! },
          }),
        );
      }
    });
  }
  return { secrets, vmId };
}

function tableOf(kind: string): Table {
  const found = allTables.find((table) => table.kind === kind);
  if (!found) throw new Error(`there is no table ${kind}`);
  return found;
}
