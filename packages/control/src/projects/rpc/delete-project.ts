import { create } from "@bufbuild/protobuf";
import {
  DeleteProjectResponseSchema,
  problem,
  Reason,
  type DeleteProjectRequest,
  type DeleteProjectResponse,
} from "@limiquantix/api";
import { dropGrantsOn } from "../../access/drop-grants.ts";
import type { AccessParts } from "../../access/parts.ts";
import { recycledVms } from "../../recycle-bin/table.ts";
import type { Call } from "../../rpc/call.ts";
import { listOfCounts } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { folders, images, networks, pools, projects, schedules, vms, volumes } from "../../tables.ts";
import { getProject, refuseBuiltIn } from "../project.ts";
import { usages } from "../usage.ts";

/** Only an empty one; with its grants. Throws NOT_EMPTY, which says what is there, and BUILT_IN. */
export function deleteProject(
  parts: AccessParts,
  request: DeleteProjectRequest,
  call: Call,
): Promise<DeleteProjectResponse> {
  const mutation = { method: "ProjectService.DeleteProject", request, response: DeleteProjectResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const project = getProject(tx, request.id);
    refuseBuiltIn(project);
    // A VM that is made meanwhile is charged to the project: this transaction then runs again, and finds it.
    tx.find(usages, project.id);
    const what = contents(parts.db, tx, project.id);
    if (what !== "") throw problem(Reason.NOT_EMPTY, { kind: "project", name: project.name, what });
    dropGrantsOn(tx, "project", project.id);
    tx.delete(usages, project.id);
    tx.delete(projects, project.id);
    return create(DeleteProjectResponseSchema);
  });
}

/** "3 VMs, 1 folder" */
function contents(db: Database, tx: Transaction, projectId: string): string {
  const own = (rows: Iterable<{ projectId: string }>) => [...rows].filter((row) => row.projectId === projectId).length;
  return listOfCounts({
    VM: tx.by(vms, "project", projectId).length,
    "VM in the recycle bin": tx.by(recycledVms, "project", projectId).length,
    volume: tx.by(volumes, "project", projectId).filter(({ status }) => !status?.attachedVmId).length,
    image: own(db.all(images)),
    network: own(db.all(networks)),
    "storage pool": own(db.all(pools)),
    "snapshot schedule": tx.by(schedules, "project", projectId).length,
    folder: tx.by(folders, "project", projectId).length,
  });
}
