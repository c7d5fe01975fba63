import { create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  invalid,
  PoolTaskResponseSchema,
  StoragePoolSpecSchema,
  type PoolTaskResponse,
  type StoragePool,
  type StoragePoolSpec,
  type UpdatePoolRequest,
} from "@limiquantix/api";
import { notFound } from "../../access/access.ts";
import { applyMask } from "../../field-mask.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { pools } from "../../tables.ts";
import { specFaults } from "../accept-spec.ts";
import { isOfHost } from "../pool.ts";
import { poolSecrets, storeSecret, takeSecret } from "../pool-secrets.ts";
import type { PoolServiceParts } from "../pool-service-parts.ts";
import { rewriteStatus } from "../report.ts";
import { changePool, ordered } from "./edit-pool.ts";

const own = ["name", "description", "labels"] as const;
const ofSpec = [
  "spec.thresholds",
  "spec.nfs.options",
  "spec.nfs.version",
  "spec.rbd.key",
  "spec.rbd.monitors",
  "spec.iscsi.portals",
  "spec.iscsi.chapUser",
  "spec.iscsi.chapPassword",
  "spec.linstor.controllers",
  "spec.linstor.token",
] as const;
const secretFields: ReadonlySet<string> = new Set(["spec.rbd.key", "spec.iscsi.chapPassword", "spec.linstor.token"]);

/** What only people see changes at once; how its storage is reached, by its hosts. Throws REVISION_CONFLICT, INVALID_REQUEST. */
export function updatePool(parts: PoolServiceParts, request: UpdatePoolRequest, call: Call): Promise<PoolTaskResponse> {
  const { clock, sealer } = parts;
  const paths = (request.updateMask?.paths ?? []).map((path) =>
    path.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
  );
  const fields = maskedFields({ paths }, [...own, ...ofSpec]);
  const specPaths = [...fields].filter((path) => path.startsWith("spec."));
  if (fields.has("name") && request.name === "") throw invalid([{ field: "name", message: "is empty" }]);
  const mutation = { method: "StoragePoolService.UpdatePool", request, response: PoolTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const before = tx.get(pools, request.id);
    if (before.deletedAt) throw notFound({ kind: "pool", id: request.id });
    checkRevision("storage pool", before, request.revision);
    checkPaths(before, fields);
    const current = before.spec ?? create(StoragePoolSpecSchema);
    const asked = request.spec ?? create(StoragePoolSpecSchema);
    const spec = applyMask(StoragePoolSpecSchema, { root: "spec", current, asked }, specPaths);
    const newSecret = specPaths.some((path) => secretFields.has(path));
    const secret = takeSecret(spec);
    const hasSecret = tx.find(poolSecrets, before.id) !== undefined;
    if (hasSecret && !newSecret) refuseSecretElsewhere(current, spec);
    const faults = specFaults(spec);
    if (faults.length > 0) throw invalid(faults);
    const write = (copy: StoragePool) => {
      if (fields.has("name")) copy.name = request.name;
      if (fields.has("description")) copy.description = request.description;
      if (fields.has("labels")) copy.labels = { ...request.labels };
      copy.spec = spec;
      copy.updatedAt = timestampFromMs(clock.now());
    };
    const plain = { ...current, thresholds: spec.thresholds };
    if (!newSecret && equals(StoragePoolSpecSchema, plain, spec)) {
      rewriteStatus(tx, clock, tx.update(pools, before.id, write), () => true);
      return create(PoolTaskResponseSchema, { pool: tx.get(pools, before.id) });
    }
    const pool = changePool(tx, parts, before, write);
    if (newSecret) storeSecret(tx, sealer, pool, secret);
    rewriteStatus(tx, clock, pool, () => true);
    return ordered(tx, parts, { call, request, pool, kind: "pool.update", what: "is to be opened in another way" });
  });
}

function checkPaths(pool: StoragePool, fields: ReadonlySet<string>): void {
  const kind = pool.spec?.config.case ?? "";
  const wrong = [...fields].filter((path) => {
    if (isOfHost(pool)) return path === "name" || (path.startsWith("spec.") && path !== "spec.thresholds");
    return path.startsWith("spec.") && path !== "spec.thresholds" && !path.startsWith(`spec.${kind}.`);
  });
  if (wrong.length === 0) return;
  const message = `${wrong.join(", ")} cannot be changed of ${isOfHost(pool) ? "a host's own pool" : `a pool of ${kind}`}`;
  throw invalid([{ field: "updateMask", message }]);
}

/** The kept secret goes where it was meant to go: whoever changes the address cannot have it sent to themselves. */
function refuseSecretElsewhere(before: StoragePoolSpec, after: StoragePoolSpec): void {
  const destination = ({ config }: StoragePoolSpec): unknown => {
    if (config.case === "rbd") return config.value.monitors;
    if (config.case === "iscsi") return [config.value.portals, config.value.chapUser];
    return config.case === "linstor" ? config.value.controllers : undefined;
  };
  if (JSON.stringify(destination(before)) === JSON.stringify(destination(after))) return;
  const field = [...secretFields].find((path) => path.startsWith(`spec.${after.config.case}.`)) ?? "spec";
  throw invalid([{ field, message: "must be sent again when it will go to another address or account" }]);
}
