import { Reason, type Problem } from "@limiquantix/api";
import type { Step } from "./draft.ts";
import type { Fault } from "./validate.ts";

/** Where what the server says of a field of the request belongs: the first pattern that fits. */
const places: readonly (readonly [pattern: RegExp, step: Step, field: string])[] = [
  [/^name$/, "name", "name"],
  [/^description$/, "name", "description"],
  [/^labels/, "name", "labels"],
  [/^projectId$/, "name", "projectId"],
  [/^folderId$/, "name", "folderId"],
  [/^nodeId$/, "placement", "nodeId"],
  [/^spec\.cpu/, "resources", "cores"],
  [/^spec\.memory/, "resources", "memoryMib"],
  [/^spec\.disks\[0\]\.imageId/, "source", "imageId"],
  [/^spec\.disks\[(\d+)\]\.storagePoolId/, "resources", "disks.$1.poolId"],
  [/^spec\.disks\[(\d+)\]/, "resources", "disks.$1.sizeGib"],
  [/^spec\.disks/, "resources", "disks.0.sizeGib"],
  [/^spec\.cdroms/, "source", "isoId"],
  [/^spec\.firmware/, "source", "firmware"],
  [/^spec\.nics\[(\d+)\]\.macAddress/, "network", "nics.$1.macAddress"],
  [/^spec\.nics\[(\d+)\]/, "network", "nics.$1.networkId"],
  [/^spec\.nics/, "network", "nics.0.networkId"],
  [/^spec\.provisioning\.cloudInit\.sshKeys\[(\d+)\]/, "access", "sshKeys.$1"],
  [/^spec\.provisioning\.cloudInit\.sshKeys/, "access", "sshKeys.0"],
  [/^spec\.provisioning\.cloudInit\.hostname/, "name", "name"],
  [/^spec\.provisioning\.cloudInit\.(username|password|userData)/, "access", "$1"],
  [/^spec\.placement/, "placement", "nodeId"],
];

/** Reasons that name no field, and are about one all the same. */
const about: Partial<Record<Reason, { step: Step; field: string }>> = {
  [Reason.NAME_TAKEN]: { step: "name", field: "name" },
  [Reason.NO_HOST_FITS]: { step: "placement", field: "nodeId" },
  [Reason.NODE_UNREACHABLE]: { step: "placement", field: "nodeId" },
  [Reason.NODE_WRONG_STATE]: { step: "placement", field: "nodeId" },
  [Reason.QUOTA_EXCEEDED]: { step: "resources", field: "cores" },
  [Reason.IMAGE_NOT_READY]: { step: "source", field: "imageId" },
  [Reason.DISK_TOO_SMALL_FOR_IMAGE]: { step: "resources", field: "disks.0.sizeGib" },
  [Reason.POOL_FULL]: { step: "resources", field: "disks.0.poolId" },
  [Reason.POOL_UNAVAILABLE]: { step: "resources", field: "disks.0.poolId" },
  [Reason.NETWORK_UNAVAILABLE]: { step: "network", field: "nics.0.networkId" },
  [Reason.PASSWORD_TOO_WEAK]: { step: "access", field: "password" },
  [Reason.CLOUD_INIT_INVALID]: { step: "access", field: "userData" },
};

/** What the server refuses, at the fields where it belongs; empty where it belongs to none. */
export function serverFaults(problem: Problem): Fault[] {
  if (problem.fields.length > 0) {
    return problem.fields.flatMap(({ field = "", message = "" }) => {
      const found = placeOf(field);
      return found ? [{ ...found, message }] : [];
    });
  }
  if (problem.reason === Reason.SSH_KEY_INVALID) {
    const index = Number(problem.params["index"] ?? "1") - 1;
    return [{ step: "access", field: `sshKeys.${index}`, message: problem.message }];
  }
  const place = about[problem.reason];
  return place ? [{ ...place, message: problem.message }] : [];
}

function placeOf(path: string): { step: Step; field: string } | undefined {
  for (const [pattern, step, field] of places) {
    const match = pattern.exec(path);
    if (match) return { step, field: field.replace("$1", match[1] ?? "") };
  }
  return undefined;
}
