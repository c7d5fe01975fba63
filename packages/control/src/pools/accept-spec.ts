import { clone, create } from "@bufbuild/protobuf";
import {
  invalid,
  IscsiConfig_Mode,
  NfsConfig_Access,
  StoragePoolSpec_Backend,
  StoragePoolSpecSchema,
  type StoragePoolSpec,
} from "@limiquantix/api";
import type { Access } from "../access/access.ts";
import type { Transaction } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { thresholdsOf } from "./fullness.ts";

const backends = {
  localDir: StoragePoolSpec_Backend.LOCAL_DIR,
  nfs: StoragePoolSpec_Backend.NFS,
  rbd: StoragePoolSpec_Backend.CEPH_RBD,
  iscsi: StoragePoolSpec_Backend.ISCSI,
  linstor: StoragePoolSpec_Backend.LINSTOR,
} as const;

type Fault = { field: string; message: string };

/** A copy of the spec of a pool that somebody declares, filled in. Throws INVALID_REQUEST. */
export function acceptSpec(asked: StoragePoolSpec | undefined): StoragePoolSpec {
  const spec = asked ? clone(StoragePoolSpecSchema, asked) : create(StoragePoolSpecSchema);
  const { config } = spec;
  if (config.case === undefined) {
    const message = "say what the pool is made of: localDir, nfs, rbd, iscsi or linstor";
    throw invalid([{ field: "spec", message }]);
  }
  const faults: Fault[] = [];
  const backend = backends[config.case];
  spec.backend ||= backend;
  if (spec.backend !== backend) {
    faults.push({ field: "spec.backend", message: `is not what spec.${config.case} makes` });
  }
  if (spec.ofHost) faults.push({ field: "spec.ofHost", message: "such pools come from their hosts" });
  if (config.case === "nfs") config.value.access ||= NfsConfig_Access.MOUNT;
  if (config.case === "iscsi") config.value.mode ||= IscsiConfig_Mode.LVM_THIN;
  faults.push(...specFaults(spec));
  if (faults.length > 0) throw invalid(faults);
  return spec;
}

/** What is wrong with a spec that is filled in. */
export function specFaults({ config, thresholds, assignedNodeIds }: StoragePoolSpec): Fault[] {
  const faults: Fault[] = [];
  if (config.case === "localDir" && config.value.path.split("/").some((part) => part === "." || part === "..")) {
    faults.push({ field: "spec.localDir.path", message: "must not have . or .. in it" });
  }
  if (config.case === "nfs" && config.value.server === "")
    faults.push({ field: "spec.nfs.server", message: "is empty" });
  if (config.case === "rbd" && config.value.user === "" && config.value.key !== "") {
    faults.push({ field: "spec.rbd.user", message: "whose key is it?" });
  }
  if (config.case === "iscsi") {
    const { chapUser, chapPassword, mode } = config.value;
    if (chapUser === "" && chapPassword !== "") faults.push({ field: "spec.iscsi.chapUser", message: "is empty" });
    if (mode === IscsiConfig_Mode.LVM_THIN && assignedNodeIds.length > 1) {
      const message = "LVM_THIN is for one host; SHARED_LVM shares a LUN between hosts";
      faults.push({ field: "spec.assignedNodeIds", message });
    }
  }
  const { warn, stop } = thresholdsOf({ thresholds } as StoragePoolSpec);
  if (warn > stop) {
    faults.push({ field: "spec.thresholds.warnPercent", message: `${warn} % is above where it stops (${stop} %)` });
  }
  if (new Set(assignedNodeIds).size < assignedNodeIds.length) {
    faults.push({ field: "spec.assignedNodeIds", message: "names a host twice" });
  }
  return faults;
}

/** A pool is opened on its hosts with their rights: who has hosts do that may change them. Throws NOT_FOUND, PRIVILEGE_MISSING. */
export function requireHosts(tx: Transaction, access: Access, nodeIds: readonly string[]): void {
  for (const id of nodeIds) {
    access.require("node.edit", { kind: "node", id });
    tx.get(nodes, id);
  }
}
