import { ImageStatus_Phase, VolumeService, VolumeSpec_Provisioning, type Image } from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { defaultProject } from "../../../api/default-project.ts";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ProjectSelect } from "../../projects/project-select.tsx";
import { Checkbox, Field, Input, Select, TextArea } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { isIso } from "../../images/image-facts.ts";
import { whyUnable } from "../../pools/pool-state.ts";
import { PoolSelect } from "../../pools/pool-select.tsx";
import { wholeGib } from "../whole-gib.ts";

const s = strings.volumes.createDialog;

/** A volume of its own: empty, or with the contents of an image. */
export function CreateVolumeDialog({ poolId = "", onClose }: { poolId?: string; onClose: () => void }) {
  const client = useClient(VolumeService);
  const navigate = useNavigate();
  const images = useImages();
  const [name, setName] = useState("");
  const [projectId, setProject] = useState(defaultProject);
  const [storagePoolId, setPool] = useState(poolId);
  const [text, setText] = useState("20");
  const [imageId, setImage] = useState("");
  const [thick, setThick] = useState(false);
  const [shared, setShared] = useState(false);
  const pool = useRow(useConnection().inventory.pool, storagePoolId);
  const why = shared && pool ? whyUnable(pool, "sharedDisks") : undefined;
  const [description, setDescription] = useState("");
  const gib = wholeGib(text);
  const image = shared ? undefined : images.find(({ id }) => id === imageId);
  const least = image ? Math.max(1, Math.ceil(Number(image.status?.virtualSizeBytes ?? 0n) / GIB)) : 1;
  const fault =
    name.trim() === ""
      ? s.needName
      : storagePoolId === ""
        ? s.needPool
        : gib === undefined
          ? s.needSize
          : gib < least
            ? s.sizeHint(least)
            : why
              ? s.noShared(pool?.name ?? "")
              : undefined;
  const make = async () => {
    const { volume } = await client.createVolume({
      name: name.trim(),
      projectId,
      description,
      spec: {
        storagePoolId,
        sizeBytes: BigInt(gib ?? 0) * BigInt(GIB),
        provisioning: thick ? VolumeSpec_Provisioning.THICK : VolumeSpec_Provisioning.THIN,
        shared,
        ...(image && { source: { from: { case: "imageId" as const, value: image.id } } }),
      },
      idempotencyKey: newKey(),
    });
    if (volume) void navigate({ to: `/volumes/${volume.id}` } as never);
  };
  return (
    <FormDialog
      title={s.title}
      submit={s.do}
      done={s.done(name)}
      blocked={fault}
      work={make}
      onClose={() => {}}
      onCancel={onClose}
      fields={["name", "projectId", "storagePoolId", "sizeBytes", "imageId", "description"]}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.project} error={error("projectId")}>
            <ProjectSelect value={projectId} onValue={setProject} />
          </Field>
          <Field label={s.pool} error={error("storagePoolId")}>
            <PoolSelect none={s.choosePool} value={storagePoolId} onValue={setPool} />
          </Field>
          <Field label={s.from} error={error("imageId")}>
            <Select value={image?.id ?? ""} disabled={shared} onChange={(event) => setImage(event.target.value)}>
              <option value="">{s.empty}</option>
              {images.map(({ id, name }) => (
                <option key={id} value={id}>
                  {s.image(name)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.size} hint={image ? s.sizeHint(least) : undefined} error={error("sizeBytes")}>
            <Input
              type="number"
              min={least}
              max={65_536}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </Field>
          <Checkbox
            label={s.thick}
            hint={s.thickHint}
            checked={thick}
            onChange={(event) => setThick(event.target.checked)}
          />
          <Checkbox
            label={s.shared}
            hint={why ? `${s.noShared(pool?.name ?? "")}: ${why}` : s.sharedHint}
            checked={shared}
            onChange={(event) => setShared(event.target.checked)}
          />
          <Field label={s.description} error={error("description")}>
            <TextArea rows={2} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

/** Those of which a volume can be made. */
function useImages(): readonly Image[] {
  const { inventory } = useConnection();
  const all = useRows(inventory.image);
  return useMemo(
    () =>
      all
        .filter((image) => image.status?.phase === ImageStatus_Phase.READY && !isIso(image))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    [all],
  );
}
