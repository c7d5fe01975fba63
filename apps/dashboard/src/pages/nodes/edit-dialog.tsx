import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { NodeSchedulingSchema, NodeService, type Node, type Problem } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, Field, Input, TextArea } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/problem.tsx";
import { isSchedulable } from "./node-state.ts";
import { labelsText, parseLabels, parseTaints, taintText } from "./taints.ts";

const s = strings.nodes.edit;
const form = "edit-node";

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

  const save = useAction(
    async () => {
      if (parsedLabels.error !== undefined || parsedTaints.error !== undefined) return false;
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
      return true;
    },
    { quiet: true },
  );
  const at = (path: string) => fieldMessage(save.problem, path);
  const faulty = parsedLabels.error ?? parsedTaints.error;

  return (
    <Dialog
      open
      onClose={onClose}
      title={s.title(node.hostname)}
      footer={
        <>
          <Button onClick={onClose}>{s.cancel}</Button>
          <Button type="submit" form={form} look="primary" busy={save.busy} blocked={faulty}>
            {s.save}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4 pb-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!faulty && !save.busy) void save.run().then((done) => done && onClose());
        }}
      >
        {save.problem && <ProblemPanel problem={save.problem} />}
        <Checkbox
          label={s.schedulable}
          hint={s.schedulableHint}
          checked={schedulable}
          onChange={(event) => setSchedulable(event.target.checked)}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={s.cpuRatio} hint={s.byDefault} error={at("overcommit.cpuRatio")}>
            <NumberInput step="any" max={64} value={cpuRatio} onValue={setCpuRatio} />
          </Field>
          <Field label={s.memoryRatio} hint={s.byDefault} error={at("overcommit.memoryRatio")}>
            <NumberInput step="any" max={4} value={memoryRatio} onValue={setMemoryRatio} />
          </Field>
          <Field label={s.reservedCores} hint={s.byDefault} error={at("reserved.cpuCores")}>
            <NumberInput value={cores} onValue={setCores} />
          </Field>
          <Field label={s.reservedMemory} hint={s.byDefault} error={at("reserved.memoryMib")}>
            <NumberInput value={mib} onValue={setMib} />
          </Field>
        </div>
        <Field label={s.labels} hint={s.labelsHint} error={parsedLabels.error ?? at("abels")}>
          <TextArea
            rows={3}
            spellCheck={false}
            className="font-mono text-[12px]"
            value={labels}
            onChange={(event) => setLabels(event.target.value)}
          />
        </Field>
        <Field label={s.taints} hint={s.taintsHint} error={parsedTaints.error ?? at("taint")}>
          <TextArea
            rows={3}
            spellCheck={false}
            className="font-mono text-[12px]"
            value={taints}
            onChange={(event) => setTaints(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
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

/** What the server says of a field, by a part of its path. */
function fieldMessage(problem: Problem | undefined, path: string): string | undefined {
  return problem?.fields.find(({ field }) => field?.includes(path))?.message;
}
