import { CloneVMRequest_CloneType as CloneType, Snapshot_Phase, VMService, type StoragePool } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ProjectSelect } from "../../projects/project-select.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Checkbox, Field, Input, Select } from "../../../ui/field.tsx";
import { whyUnable } from "../../pools/pool-state.ts";
import { FolderSelect } from "../folder-select.tsx";
import { useSnapshotsOf } from "../snapshots/use-snapshots-of.ts";
import { mayRun } from "../vm-actions.ts";
import { ChoiceCards } from "./choice-cards.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.clone;

/** Another VM with copies of this one's disks, or over the blocks of a snapshot of it; a deployment where it is a template. */
export function CloneDialog({ vm, snapshotId: given = "", onClose }: VmDialogProps & { snapshotId?: string }) {
  const client = useClient(VMService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const snapshots = useSnapshotsOf(vm.id).filter(
    ({ id, phase, takenForVmId }) => id === given || (phase === Snapshot_Phase.READY && !takenForVmId),
  );
  const [name, setName] = useState(vm.isTemplate ? "" : `${vm.name.slice(0, 56)}-clone`);
  const [projectId, setProject] = useState(vm.projectId);
  const [folderId, setFolder] = useState(vm.folderId);
  const [startOnCreate, setStart] = useState(vm.isTemplate);
  const [snapshotId, setSnapshot] = useState(given);
  const noLinks = linkedBlocked(
    (vm.spec?.disks ?? []).map(({ storagePoolId }) => pools.find(({ id }) => id === storagePoolId)),
  );
  const [linked, setLinked] = useState(vm.isTemplate && noLinks === undefined);
  const gib = (vm.spec?.disks ?? []).reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
  const clone = async () => {
    const { vm: made } = await client.cloneVM({
      sourceVmId: vm.id,
      name: name.trim(),
      projectId,
      folderId,
      startOnCreate,
      snapshotId,
      cloneType: linked ? CloneType.LINKED : CloneType.FULL,
      idempotencyKey: newKey(),
    });
    toast.success(s.made(name.trim()));
    if (made) void navigate({ to: `/vms/${made.id}`, search: {} } as never);
  };
  return (
    <FormDialog
      title={vm.isTemplate ? s.deployTitle(vm.name) : s.title(vm.name)}
      submit={vm.isTemplate ? s.deploy : s.do}
      blocked={name.trim() === "" ? strings.createVm.name.nameNeeded : undefined}
      work={clone}
      onClose={onClose}
      fields={["name", "projectId", "folderId", "snapshotId"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{s.text(gib)}</p>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus required maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          {snapshots.length > 0 && (
            <Field label={s.from} error={error("snapshotId")}>
              <Select value={snapshotId} onChange={(event) => setSnapshot(event.target.value)}>
                <option value="">{s.fromNow}</option>
                {snapshots.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {s.fromSnapshot(name)}
                  </option>
                ))}
              </Select>
            </Field>
          )}
          <ChoiceCards
            legend={s.type}
            value={linked ? "linked" : "full"}
            onChange={(value) => setLinked(value === "linked")}
            choices={[
              { value: "full", title: s.full, hint: s.fullHint },
              { value: "linked", title: s.linked, hint: s.linkedHint, blocked: noLinks },
            ]}
          />
          {mayRun(vm) && !snapshotId && <p className="text-muted">{s.running}</p>}
          <Field label={s.project} error={error("projectId")}>
            <ProjectSelect
              value={projectId}
              onValue={(id) => {
                setProject(id);
                setFolder("");
              }}
            />
          </Field>
          <Field label={s.folder} error={error("folderId")}>
            <FolderSelect projectId={projectId} value={folderId} onChange={setFolder} />
          </Field>
          <Checkbox label={s.start} checked={startOnCreate} onChange={(event) => setStart(event.target.checked)} />
        </>
      )}
    </FormDialog>
  );
}

/** Why its disks cannot share blocks; undefined: they can. */
function linkedBlocked(pools: readonly (StoragePool | undefined)[]): string | undefined {
  for (const pool of pools) {
    const why = pool && whyUnable(pool, "linkedClones");
    if (why) return s.linkedNot(pool.name, why);
  }
  return undefined;
}
