import { VMService, VmSpecSchema } from "@limiquantix/api";
import { create } from "@bufbuild/protobuf";
import { useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { strings } from "../../../strings/index.ts";
import { fieldErrors, FormDialog, type FieldErrors } from "../../../ui/form-dialog.tsx";
import { Field, Input } from "../../../ui/field.tsx";
import { ProblemText } from "../../../ui/problem.tsx";
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
  const save = async () => {
    const { warnings } = await update(false);
    toast.success(s.done, warnings.length > 0 ? { description: s.restart } : {});
  };
  // What the server would say is said while one still chooses.
  const foreseen = current && key ? preview.problem : undefined;
  const found = (error: FieldErrors, name: string) => error(name) ?? fieldErrors(foreseen)(name);
  const chosen = sizeOf(wanted.cores, wanted.mib);
  const step = vm.spec ? coreStep(vm.spec) : 1;

  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={strings.common.save}
      blocked={paths.length === 0 ? s.noChange : whole ? undefined : ""}
      work={save}
      onClose={onClose}
      fields={["cores", "sizeMib", "maxCores", "maxMemoryMib"]}
    >
      {(error) => (
        <>
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
              error={found(error, "cores") ?? found(error, "maxCores")}
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
              error={found(error, "sizeMib") ?? found(error, "maxMemoryMib")}
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
          <div aria-live="polite" className="min-h-5">
            {key === "" ? null : !current ? (
              <span className="text-faint">{s.asking}</span>
            ) : foreseen?.fields.length === 0 ? (
              <ProblemText problem={foreseen} />
            ) : preview.data && !foreseen ? (
              <Effect
                warnings={preview.data.warnings}
                runs={["RUNNING", "PAUSED", "STARTING"].includes(stateName(vm))}
              />
            ) : null}
          </div>
        </>
      )}
    </FormDialog>
  );
}

function Effect({ warnings, runs }: { warnings: readonly string[]; runs: boolean }) {
  if (!runs) return <span className="text-muted">{s.nextStart}</span>;
  if (warnings.length === 0) return <span className="text-ok">{s.live}</span>;
  return <span className="text-warn">{s.restart}</span>;
}
