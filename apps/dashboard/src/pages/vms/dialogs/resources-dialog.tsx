import { VMService, VmSpecSchema } from "@limiquantix/api";
import { create } from "@bufbuild/protobuf";
import { useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../../api/context.tsx";
import { besides, fieldError } from "../../../api/field-error.ts";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { strings } from "../../../strings/index.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { Field, Input } from "../../../ui/field.tsx";
import { memory } from "../../../ui/units.ts";
import { coreStep, sizeOf, sizes } from "../sizes.ts";
import { useSettled } from "../use-settled.ts";
import { stateName } from "../vm-state.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.resources;

/** vCPUs and memory; says before it is done whether a running guest takes it. */
export function ResourcesDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const [was] = useState({ cores: vm.spec?.cpu?.cores ?? 1, mib: Number(vm.spec?.memory?.sizeMib ?? 1024n) });
  const [cores, setCores] = useState(String(was.cores));
  const [mib, setMib] = useState(String(was.mib));
  const wanted = { cores: Number(cores), mib: Number(mib) };
  const whole = Number.isInteger(wanted.cores) && wanted.cores > 0 && Number.isInteger(wanted.mib) && wanted.mib > 0;
  const paths = [
    wanted.cores !== was.cores && "spec.cpu.cores",
    wanted.mib !== was.mib && "spec.memory.size_mib",
  ].filter((path) => typeof path === "string");
  const update = (dryRun: boolean, signal?: AbortSignal) =>
    client.updateVM(
      {
        id: vm.id,
        spec: create(VmSpecSchema, { cpu: { cores: wanted.cores }, memory: { sizeMib: BigInt(wanted.mib) } }),
        updateMask: { paths },
        idempotencyKey: newKey(),
        dryRun,
      },
      signal ? { signal } : {},
    );
  const key = whole && paths.length > 0 ? `${vm.id}/${wanted.cores}/${wanted.mib}/${stateName(vm)}` : "";
  const asked = useSettled(key);
  const preview = useQuery(asked, async (signal) => (asked === "" ? undefined : await update(true, signal)));
  const current = asked === key && !preview.loading;
  const save = useAction(
    async () => {
      const { warnings } = await update(false);
      toast.success(s.done, warnings.length > 0 ? { description: s.restart } : {});
      onClose();
    },
    { quiet: true },
  );
  const problem = save.problem ?? (current && key ? preview.problem : undefined);
  const fields = ["spec.cpu.cores", "spec.memory.sizeMib", "spec.cpu.maxCores", "spec.memory.maxMemoryMib"];
  const chosen = sizeOf(wanted.cores, wanted.mib);
  const step = vm.spec ? coreStep(vm.spec) : 1;

  return (
    <ConfirmDialog
      title={s.title(vm.name)}
      action={strings.common.save}
      danger={false}
      busy={save.busy}
      blocked={paths.length === 0 ? s.noChange : whole ? undefined : ""}
      problem={besides(problem, ...fields)}
      onConfirm={() => void save.run()}
      onClose={onClose}
    >
      <fieldset>
        <legend className="mb-1 font-medium">{s.size}</legend>
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-4">
          {sizes.map((size) => (
            <label
              key={size.id}
              className="cursor-pointer rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
            >
              <input
                type="radio"
                name="size"
                className="sr-only"
                checked={chosen === size.id}
                onChange={() => {
                  setCores(String(size.cores));
                  setMib(String(size.memoryMib));
                }}
              />
              <span className="block font-medium">{s.sizes[size.id]}</span>
              <span className="block text-muted">{size.cores} vCPU</span>
              <span className="block text-muted">{memory(size.memoryMib)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div className="grid grid-cols-2 gap-3">
        <Field
          label={s.cores}
          hint={step > 1 ? s.coresHint(step) : undefined}
          error={fieldError(problem, "spec.cpu.cores", "spec.cpu.maxCores")}
        >
          <Input
            autoFocus
            type="number"
            min={step}
            step={step}
            max={512}
            required
            value={cores}
            onChange={(event) => setCores(event.target.value)}
          />
        </Field>
        <Field
          label={s.memory}
          hint={whole ? memory(wanted.mib) : undefined}
          error={fieldError(problem, "spec.memory.sizeMib", "spec.memory.maxMemoryMib")}
        >
          <Input
            type="number"
            min={16}
            step={1}
            required
            value={mib}
            onChange={(event) => setMib(event.target.value)}
          />
        </Field>
      </div>
      <p aria-live="polite" className="min-h-5">
        {key === "" ? null : !current ? (
          <span className="text-faint">{s.asking}</span>
        ) : preview.data && !preview.problem ? (
          <Effect warnings={preview.data.warnings} runs={["RUNNING", "PAUSED", "STARTING"].includes(stateName(vm))} />
        ) : null}
      </p>
    </ConfirmDialog>
  );
}

function Effect({ warnings, runs }: { warnings: readonly string[]; runs: boolean }) {
  if (!runs) return <span className="text-muted">{s.nextStart}</span>;
  if (warnings.length === 0) return <span className="text-ok">{s.live}</span>;
  return <span className="text-warn">{s.restart}</span>;
}
