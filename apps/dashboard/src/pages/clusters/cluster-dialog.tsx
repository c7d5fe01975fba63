import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { ClusterSchema, ClusterService, type Cluster } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input, TextArea } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.clusters.form;

/** A new cluster, or the name and description of one. */
export function ClusterDialog({ cluster, onClose }: { cluster?: Cluster; onClose: () => void }) {
  const client = useClient(ClusterService);
  const navigate = useNavigate();
  const [name, setName] = useState(cluster?.name ?? "");
  const [description, setDescription] = useState(cluster?.description ?? "");
  const [revision] = useState(cluster?.revision ?? 0n);
  const save = async () => {
    const idempotencyKey = newKey();
    if (cluster) {
      await client.updateCluster({
        id: cluster.id,
        revision,
        cluster: create(ClusterSchema, { name: name.trim(), description }),
        updateMask: create(FieldMaskSchema, { paths: ["name", "description"] }),
        idempotencyKey,
      });
    } else {
      const made = await client.createCluster({ name: name.trim(), description, idempotencyKey });
      await navigate({ to: `/clusters/${made.id}` } as never);
    }
  };
  return (
    <FormDialog
      title={cluster ? s.edit(cluster.name) : s.create}
      submit={cluster ? s.save : s.create}
      onClose={onClose}
      work={save}
      fields={["name", "description"]}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input value={name} maxLength={128} autoComplete="off" onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea
              rows={3}
              maxLength={1024}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
