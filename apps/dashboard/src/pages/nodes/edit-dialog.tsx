import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { NodeSchedulingSchema, NodeService, type Node } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input, TextArea } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { isSchedulable } from "./node-state.ts";
import { labelsText, parseLabels, parseTaints, taintText } from "./taints.ts";

const s = strings.nodes.edit;

/** What the scheduler heeds of a host. */
export function EditDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(NodeService);
  const scheduling = node.spec?.scheduling;
  const [schedulable, setSchedulable] = useState(isSchedulable(node));
  const [cpuRatio, setCpuRatio] = useState(String(scheduling?.overcommit?.cpuRatio ?? 0));
  const [memoryRatio, setMemoryRatio] = useState(String(scheduling?.overcommit?.memoryRatio ?? 0));
  const [cores, setCores] = useState(String(scheduling?.reserved?.cpuCores ?? 0));
  const [mib, setMib] = useState(String(scheduling?.reserved?.memoryMib ?? 0n));
  const [labels, setLabels] = useState(labelsText(node.labels));
  const [taints, setTaints] = useState((scheduling?.taints ?? []).map(taintText).join("\n"));
  const [revision] = useState(node.revision);
  const [parsedLabels, parsedTaints] = [parseLabels(labels), parseTaints(taints)];

  const save = async () => {
    if (parsedLabels.error !== undefined || parsedTaints.error !== undefined) return;
    const { id } = node;
    await client.updateNode({
      id,
      revision,
      scheduling: create(NodeSchedulingSchema, {
        schedulable,
        taints: parsedTaints.value,
        overcommit: { cpuRatio: Number(cpuRatio), memoryRatio: Number(memoryRatio) },
        reserved: { cpuCores: Number(cores), memoryMib: BigInt(mib || "0") },
      }),
      updateMask: create(FieldMaskSchema, { paths: ["scheduling"] }),
      idempotencyKey: newKey(),
    });
    const wanted = parsedLabels.value;
    const removeLabels = Object.keys(node.labels).filter((key) => !(key in wanted));
    const changed = Object.entries(wanted).filter(([key, value]) => node.labels[key] !== value);
    if (removeLabels.length + changed.length > 0) {
      const addLabels = Object.fromEntries(changed);
      await client.updateLabels({ id, addLabels, removeLabels, idempotencyKey: newKey() });
    }
  };
  const faulty = parsedLabels.error ?? parsedTaints.error;

  return (
    <FormDialog
      title={s.title(node.hostname)}
      submit={s.save}
      blocked={faulty}
      onClose={onClose}
      work={save}
      fields={["cpuRatio", "memoryRatio", "cpuCores", "memoryMib", "addLabels", "taints", "effect"]}
    >
      {(error) => (
        <>
          <Checkbox
            label={s.schedulable}
            hint={s.schedulableHint}
            checked={schedulable}
            onChange={(event) => setSchedulable(event.target.checked)}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={s.cpuRatio} hint={s.byDefault} error={error("cpuRatio")}>
              <NumberInput step="any" max={64} value={cpuRatio} onValue={setCpuRatio} />
            </Field>
            <Field label={s.memoryRatio} hint={s.byDefault} error={error("memoryRatio")}>
              <NumberInput step="any" max={4} value={memoryRatio} onValue={setMemoryRatio} />
            </Field>
            <Field label={s.reservedCores} hint={s.byDefault} error={error("cpuCores")}>
              <NumberInput value={cores} onValue={setCores} />
            </Field>
            <Field label={s.reservedMemory} hint={s.byDefault} error={error("memoryMib")}>
              <NumberInput value={mib} onValue={setMib} />
            </Field>
          </div>
          <Field label={s.labels} hint={s.labelsHint} error={parsedLabels.error ?? error("addLabels")}>
            <TextArea
              rows={3}
              spellCheck={false}
              className="font-mono text-[12px]"
              value={labels}
              onChange={(event) => setLabels(event.target.value)}
            />
          </Field>
          <Field label={s.taints} hint={s.taintsHint} error={parsedTaints.error ?? error("taints") ?? error("effect")}>
            <TextArea
              rows={3}
              spellCheck={false}
              className="font-mono text-[12px]"
              value={taints}
              onChange={(event) => setTaints(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

interface NumberInputProps {
  value: string;
  onValue: (value: string) => void;
  step?: string;
  max?: number;
}

function NumberInput({ value, onValue, step = "1", ...rest }: NumberInputProps) {
  return (
    <Input
      type="number"
      min={0}
      step={step}
      value={value}
      onChange={(event) => onValue(event.target.value)}
      {...rest}
    />
  );
}
