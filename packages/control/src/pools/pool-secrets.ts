import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  IscsiConfigSchema,
  LinstorConfigSchema,
  problem,
  RbdConfigSchema,
  Reason,
  StoragePoolSpecSchema,
  type StoragePool,
  type StoragePoolSpec,
} from "@limiquantix/api";
import { PoolSecretRowSchema } from "@limiquantix/api/rows";
import type { Sealer } from "../identity/sealer.ts";
import type { Transaction } from "../store/database.ts";
import { table } from "../store/table.ts";

/** By pool id: its key, password or token. Neither the pool's row nor any answer has them. */
export const poolSecrets = table({ kind: "pool-secret", schema: PoolSecretRowSchema });

/** Takes the secret out of a spec, in place. Empty where it has none. */
export function takeSecret({ config }: StoragePoolSpec): string {
  let secret = "";
  switch (config.case) {
    case "rbd":
      [secret, config.value.key] = [config.value.key, ""];
      break;
    case "iscsi":
      [secret, config.value.chapPassword] = [config.value.chapPassword, ""];
      break;
    case "linstor":
      [secret, config.value.token] = [config.value.token, ""];
      break;
    default:
  }
  return secret;
}

/** Keeps a secret for a pool; an empty one is forgotten. */
export function storeSecret(tx: Transaction, sealer: Sealer, pool: StoragePool, secret: string): void {
  const { id } = pool;
  const known = tx.find(poolSecrets, id);
  if (secret === "") {
    if (known) tx.delete(poolSecrets, id);
    return;
  }
  const only = create(StoragePoolSpecSchema, { config: configWith(pool.spec, secret) });
  const sealedSpec = sealer.seal(toBinary(StoragePoolSpecSchema, only), contextOf(id));
  if (known) tx.update(poolSecrets, id, (copy) => void (copy.sealedSpec = sealedSpec));
  else tx.insert(poolSecrets, create(PoolSecretRowSchema, { id, sealedSpec }));
}

/** The pool's spec with its secret, for its hosts. Throws POOL_UNAVAILABLE where it cannot be read. */
export function specWithSecret(
  { db, sealer }: { db: Pick<Transaction, "find">; sealer: Sealer },
  pool: StoragePool,
): StoragePoolSpec {
  const spec = pool.spec ? clone(StoragePoolSpecSchema, pool.spec) : create(StoragePoolSpecSchema);
  const row = db.find(poolSecrets, pool.id);
  if (!row) return spec;
  try {
    const secret = takeSecret(fromBinary(StoragePoolSpecSchema, sealer.open(row.sealedSpec, contextOf(pool.id))));
    const { config } = spec;
    if (config.case === "rbd") config.value.key = secret;
    else if (config.case === "iscsi") config.value.chapPassword = secret;
    else if (config.case === "linstor") config.value.token = secret;
    return spec;
  } catch (cause) {
    const why = "its secret cannot be read with this control plane's key; send it again (UpdatePool)";
    throw problem(Reason.POOL_UNAVAILABLE, { pool: pool.name, cause: why }, { cause });
  }
}

function configWith(spec: StoragePoolSpec | undefined, secret: string): StoragePoolSpec["config"] {
  switch (spec?.config.case) {
    case "rbd":
      return { case: "rbd", value: create(RbdConfigSchema, { key: secret }) };
    case "iscsi":
      return { case: "iscsi", value: create(IscsiConfigSchema, { chapPassword: secret }) };
    case "linstor":
      return { case: "linstor", value: create(LinstorConfigSchema, { token: secret }) };
    default:
      return { case: undefined };
  }
}

function contextOf(poolId: string): string {
  return `pool/${poolId}`;
}
