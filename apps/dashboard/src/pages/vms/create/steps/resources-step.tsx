import { Link2, Plus, Trash2 } from "lucide-react";
import type { ReactElement } from "react";
import { strings } from "../../../../strings/index.ts";
import { Button } from "../../../../ui/button.tsx";
import { Field, Input, type FieldProps } from "../../../../ui/field.tsx";
import { memory } from "../../../../ui/units.ts";
import { PoolSelect } from "../../../pools/pool-select.tsx";
import { useFreeVolumes } from "../../../volumes/use-free-volumes.ts";
import { VolumeSelect } from "../../../volumes/volume-select.tsx";
import { sizeOf, sizes } from "../../sizes.ts";
import type { DraftDisk } from "../draft.ts";
import type { StepProps } from "../step-props.ts";
import { smallestDiskGib } from "../validate.ts";

const s = strings.createVm.resources;
const mostDisks = 64;
const usualGib = 20;

export function ResourcesStep(props: StepProps) {
  const { draft, change, fault } = props;
  const chosen = sizeOf(draft.cores, draft.memoryMib);
  return (
    <div className="flex flex-col gap-6">
      <section className="flex flex-col gap-3">
        <fieldset className="grid grid-cols-2 gap-2 lg:grid-cols-4">
          <legend className="mb-2 font-medium">{s.size}</legend>
          {sizes.map(({ id, cores, memoryMib }) => (
            <label
              key={id}
              className={`cursor-pointer rounded-lg border p-3 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent ${chosen === id ? "border-accent bg-accent-soft" : "border-line hover:bg-hover"}`}
            >
              <input
                type="radio"
                name="size"
                className="sr-only"
                checked={chosen === id}
                onChange={() => change({ cores, memoryMib })}
              />
              <span className="block font-medium">{s.sizes[id]}</span>
              <span className="block text-muted tabular-nums">
                {cores} vCPU · {memory(memoryMib)}
              </span>
            </label>
          ))}
        </fieldset>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={s.cores} error={fault("cores")}>
            <NumberInput min={1} max={512} value={draft.cores} onValue={(cores) => change({ cores })} />
          </Field>
          <Field
            label={s.memory}
            hint={Number.isFinite(draft.memoryMib) ? memory(draft.memoryMib) : undefined}
            error={fault("memoryMib")}
          >
            <NumberInput min={16} step={256} value={draft.memoryMib} onValue={(memoryMib) => change({ memoryMib })} />
          </Field>
        </div>
      </section>
      <Disks {...props} />
    </div>
  );
}

function Disks({ draft, change, fault, context }: StepProps) {
  const { disks } = draft;
  const image = draft.source === "image" ? context.images.get(draft.imageId) : undefined;
  const free = useFreeVolumes(draft).length;
  const set = (index: number, part: Partial<DraftDisk>) =>
    change({ disks: disks.map((disk, i) => (i === index ? { ...disk, ...part } : disk)) });
  return (
    <section className="flex flex-col gap-3">
      <h3 className="font-medium">{s.disks}</h3>
      <ul className="flex flex-col gap-2">
        {disks.map((disk, i) => (
          // A disk has no name of its own: it is the first, the second, …
          // oxlint-disable-next-line react/no-array-index-key
          <li key={i} className="rounded-lg border border-line p-3">
            <div className="mb-2 flex min-h-6 items-center gap-2">
              <span className="grow truncate font-medium">
                {i === 0 ? s.first : s.disk(i + 1)}{" "}
                {i === 0 && image && <span className="font-normal text-muted">{s.fromImage(image.name)}</span>}
              </span>
              {i > 0 && (
                <Button
                  look="ghost"
                  aria-label={s.remove(i + 1)}
                  icon={<Trash2 size={14} />}
                  onClick={() => change({ disks: disks.toSpliced(i, 1) })}
                />
              )}
            </div>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field
                label={s.sizeGib}
                hint={i === 0 && image ? s.atLeast(smallestDiskGib(image)) : undefined}
                error={fault(`disks.${i}.sizeGib`)}
              >
                <NumberInput min={1} max={65_536} value={disk.sizeGib} onValue={(sizeGib) => set(i, { sizeGib })} />
              </Field>
              <Field label={s.pool} error={fault(`disks.${i}.poolId`)}>
                <PoolSelect
                  none={s.automatic}
                  value={disk.poolId}
                  onValue={(poolId) => set(i, { poolId })}
                  nodeId={draft.nodeId}
                />
              </Field>
            </div>
          </li>
        ))}
      </ul>
      <Volumes draft={draft} change={change} fault={fault} />
      {disks.length + draft.volumeIds.length < mostDisks && (
        <div className="flex flex-wrap gap-2">
          <Button
            icon={<Plus size={14} />}
            onClick={() => change({ disks: [...disks, { sizeGib: usualGib, poolId: "" }] })}
          >
            {s.add}
          </Button>
          <Button
            icon={<Link2 size={14} />}
            blocked={free === 0 ? s.noVolume : undefined}
            onClick={() => change({ volumeIds: [...draft.volumeIds, ""] })}
          >
            {s.attach}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Volumes that exist, which the VM gets as further disks. */
function Volumes({ draft, change, fault }: Pick<StepProps, "draft" | "change" | "fault">) {
  const free = useFreeVolumes(draft);
  const { volumeIds } = draft;
  if (volumeIds.length === 0) return null;
  return (
    <ul className="flex flex-col gap-2">
      {volumeIds.map((volumeId, i) => (
        // As with disks: it is the first, the second, …
        // oxlint-disable-next-line react/no-array-index-key
        <li key={i} className="flex items-start gap-2 rounded-lg border border-line p-3">
          <div className="min-w-0 grow">
            <Field label={s.volume(i + 1)} hint={s.volumeHint} error={fault(`volumes.${i}`)}>
              <VolumeSelect
                none={s.chooseVolume}
                volumes={free.filter(({ id }) => id === volumeId || !volumeIds.includes(id))}
                value={volumeId}
                onValue={(id) => change({ volumeIds: volumeIds.with(i, id) })}
              />
            </Field>
          </div>
          <Button
            look="ghost"
            aria-label={s.removeVolume(i + 1)}
            icon={<Trash2 size={14} />}
            onClick={() => change({ volumeIds: volumeIds.toSpliced(i, 1) })}
          />
        </li>
      ))}
    </ul>
  );
}

interface NumberInputProps {
  value: number;
  onValue: (value: number) => void;
  min: number;
  max?: number;
  step?: number;
}

/** A field that is emptied while one types is no number for a moment: it is shown empty. */
function NumberInput({ value, onValue, ...rest }: NumberInputProps): ReactElement<FieldProps["children"]["props"]> {
  return (
    <Input
      type="number"
      inputMode="numeric"
      className="tabular-nums"
      value={Number.isFinite(value) ? value : ""}
      onChange={(event) => onValue(event.target.valueAsNumber)}
      {...rest}
    />
  );
}
