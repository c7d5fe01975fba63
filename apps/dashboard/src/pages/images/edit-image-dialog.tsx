import { ImageService, ImageSpec_Visibility, type Image } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input, Select, TextArea } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { labelsText, parseLabels } from "../vms/labels.ts";
import { nameFault } from "./image-facts.ts";

const s = strings.images;

const paths = ["name", "description", "labels", "spec.visibility", "spec.os", "spec.default_user", "spec.requirements"];

const visibilities = [ImageSpec_Visibility.PRIVATE, ImageSpec_Visibility.PROJECT, ImageSpec_Visibility.PUBLIC];

/** What may be said anew of an image: its content stays. */
export function EditImageDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const client = useClient(ImageService);
  const [name, setName] = useState(image.name);
  const [description, setDescription] = useState(image.description);
  const [labels, setLabels] = useState(labelsText(image.labels));
  const [distribution, setDistribution] = useState(image.spec?.os?.distribution ?? "");
  const [version, setVersion] = useState(image.spec?.os?.version ?? "");
  const [visibility, setVisibility] = useState(image.spec?.visibility || ImageSpec_Visibility.PROJECT);
  const [user, setUser] = useState(image.spec?.defaultUser ?? "");
  const needs = image.spec?.requirements;
  const [minMemory, setMinMemory] = useState(String(needs?.minMemoryMib ?? 0));
  const [minDisk, setMinDisk] = useState(String(needs?.minDiskGib ?? 0));
  // What was there when it was opened: somebody else's change in between is not overwritten.
  const [{ revision, key }] = useState(() => ({ revision: image.revision, key: newKey() }));
  const parsed = parseLabels(labels);
  const fault = "fault" in parsed ? parsed.fault : undefined;
  const wrongName = nameFault(name);
  const notWhole = (text: string) => (/^\d*$/.test(text) ? undefined : s.fields.notWhole);
  const { family = "", architecture = "" } = image.spec?.os ?? {};
  return (
    <FormDialog
      title={s.detail.editTitle(image.name)}
      submit={strings.common.save}
      done={s.detail.saved}
      fields={["name", "description", "labels", "defaultUser", "minMemoryMib", "minDiskGib"]}
      blocked={wrongName ?? fault ?? notWhole(minMemory) ?? notWhole(minDisk)}
      onClose={onClose}
      work={() =>
        client.updateImage({
          id: image.id,
          name,
          description,
          labels: "labels" in parsed ? parsed.labels : {},
          spec: {
            visibility,
            defaultUser: user,
            requirements: { minMemoryMib: BigInt(minMemory || 0), minDiskGib: BigInt(minDisk || 0) },
            os: {
              family: distribution === "windows" ? "windows" : family || "linux",
              architecture,
              distribution,
              version,
            },
          },
          updateMask: { paths },
          revision,
          idempotencyKey: key,
        })
      }
    >
      {(error) => (
        <>
          <Field label={s.fields.name} error={error("name") ?? wrongName}>
            <Input autoFocus value={name} maxLength={63} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.fields.description} error={error("description")}>
            <TextArea rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
          <div className="grid gap-4 sm:grid-cols-3">
            <Field label={s.fields.os} hint={s.fields.osHint}>
              <Input
                value={distribution}
                maxLength={32}
                onChange={(event) => setDistribution(event.target.value.toLowerCase())}
              />
            </Field>
            <Field label={s.fields.version}>
              <Input value={version} maxLength={32} onChange={(event) => setVersion(event.target.value)} />
            </Field>
            <Field label={s.fields.user} hint={s.fields.userHint} error={error("defaultUser")}>
              <Input value={user} maxLength={32} onChange={(event) => setUser(event.target.value)} />
            </Field>
          </div>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label={s.fields.minMemory}
              hint={s.fields.noLeast}
              error={error("minMemoryMib") ?? notWhole(minMemory)}
            >
              <Input type="number" min={0} value={minMemory} onChange={(event) => setMinMemory(event.target.value)} />
            </Field>
            <Field label={s.fields.minDisk} hint={s.fields.noLeast} error={error("minDiskGib") ?? notWhole(minDisk)}>
              <Input type="number" min={0} value={minDisk} onChange={(event) => setMinDisk(event.target.value)} />
            </Field>
          </div>
          <Field label={s.fields.visibility} error={error("visibility")}>
            <Select value={visibility} onChange={(event) => setVisibility(Number(event.target.value))}>
              {visibilities.map((value) => (
                <option key={value} value={value}>
                  {s.fields.visibilities[ImageSpec_Visibility[value]]}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.fields.labels} hint={s.fields.labelsHint} error={fault ?? error("labels")}>
            <TextArea
              rows={4}
              className="font-mono"
              spellCheck={false}
              value={labels}
              onChange={(event) => setLabels(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
