import { StoragePoolService, StoragePoolSpecSchema, type StoragePool } from "@limiquantix/api";
import { create } from "@bufbuild/protobuf";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { Field, Input, TextArea } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { KindFields } from "../add/kind-fields.tsx";
import { configOf, fieldsOf, kinds, typedOf, type Kind } from "../add/kinds.ts";
import { ThresholdFields, thresholdsFrom } from "../add/threshold-fields.tsx";

const s = strings.pools.edit;

/** What can be changed of a pool: how it is called, its thresholds, and how it is reached. Only what was changed is sent. */
export function EditPoolDialog({ pool, onClose }: { pool: StoragePool; onClose: () => void }) {
  const client = useClient(StoragePoolService);
  const [{ id, revision, spec = create(StoragePoolSpecSchema) }] = useState(pool);
  const kind = kinds.find((one) => one === spec.config.case);
  const fields = kind ? fieldsOf[kind].filter(({ editable }) => editable) : [];
  const before = typedOf(spec);
  const percent = (value: number | undefined) => (value ? String(value) : "");
  const usual = {
    warn: percent(spec.thresholds?.warnPercent),
    stop: percent(spec.thresholds?.stopPercent),
    overcommit: percent(spec.thresholds?.overcommitPercent),
  };
  const [name, setName] = useState(pool.name);
  const [description, setDescription] = useState(pool.description);
  const [typed, setTyped] = useState(before);
  const [thresholds, setThresholds] = useState(usual);
  const paths = [
    ...(name !== pool.name ? ["name"] : []),
    ...(description !== pool.description ? ["description"] : []),
    ...(JSON.stringify(thresholds) !== JSON.stringify(usual) ? ["spec.thresholds"] : []),
    ...fields
      .filter((field) => (typed[field.name] ?? "") !== (before[field.name] ?? ""))
      .map((field) => `spec.${kind}.${field.name}`),
  ];
  const save = async () => {
    const config = kind ? configOf(kind satisfies Kind, typed) : undefined;
    await client.updatePool({
      id,
      revision,
      name,
      description,
      spec: { ...(config && { config }), thresholds: thresholdsFrom(thresholds) },
      updateMask: { paths },
      idempotencyKey: newKey(),
    });
  };
  return (
    <FormDialog
      title={s.title(pool.name)}
      submit={s.do}
      done={s.done}
      blocked={paths.length === 0 ? strings.vm.settings.noChange : undefined}
      work={save}
      onClose={onClose}
      fields={[
        "name",
        "description",
        "warnPercent",
        "stopPercent",
        "overcommitPercent",
        ...fields.map(({ name }) => name),
      ]}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea rows={2} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
          <KindFields
            fields={fields}
            typed={typed}
            onChange={(field, value) => setTyped({ ...typed, [field]: value })}
            error={error}
            secretHint={s.newSecret}
          />
          <ThresholdFields typed={thresholds} onChange={setThresholds} error={error} />
        </>
      )}
    </FormDialog>
  );
}
