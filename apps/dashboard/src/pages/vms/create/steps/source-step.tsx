import { ImageStatus_Phase, type Image } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Check, Cloud, Disc3, HardDrive } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { strings } from "../../../../strings/index.ts";
import { Field, Input, Select } from "../../../../ui/field.tsx";
import { bytes } from "../../../../ui/units.ts";
import { isIso, osName } from "../../../images/image-facts.ts";
import { OsMark } from "../../../images/os-mark.tsx";
import type { Draft } from "../draft.ts";
import type { StepProps } from "../step-props.ts";
import { smallestDiskGib } from "../validate.ts";

const s = strings.createVm.source;

const sources: { id: Draft["source"]; icon: ReactNode; title: string; text: string }[] = [
  { id: "image", icon: <Cloud size={18} />, title: s.image, text: s.imageText },
  { id: "iso", icon: <Disc3 size={18} />, title: s.iso, text: s.isoText },
  { id: "empty", icon: <HardDrive size={18} />, title: s.empty, text: s.emptyText },
];

export function SourceStep({ draft, change, fault, context }: StepProps) {
  const { source } = draft;
  return (
    <div className="flex flex-col gap-5">
      <fieldset className="grid gap-2 sm:grid-cols-3">
        <legend className="mb-2 text-muted">{s.text}</legend>
        {sources.map(({ id, icon, title, text }) => (
          <label
            key={id}
            className={`flex cursor-pointer flex-col gap-1 rounded-lg border p-3 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent ${source === id ? "border-accent bg-accent-soft" : "border-line hover:bg-hover"}`}
          >
            <input
              type="radio"
              name="source"
              className="sr-only"
              checked={source === id}
              onChange={() => change({ source: id })}
            />
            <span className="flex items-center gap-2 font-medium">
              <span className={source === id ? "text-accent" : "text-muted"}>{icon}</span>
              {title}
            </span>
            <span className="text-muted">{text}</span>
          </label>
        ))}
      </fieldset>
      {source === "image" && (
        <ImageChoice
          label={s.images}
          none={s.noImages}
          images={[...context.images.values()].filter((image) => isReady(image) && !isIso(image))}
          value={draft.imageId}
          error={fault("imageId")}
          onChoose={(image) => change(({ disks }) => ({ imageId: image.id, disks: withRoomFor(image, disks) }))}
        />
      )}
      {source === "iso" && (
        <ImageChoice
          label={s.isos}
          none={s.noIsos}
          images={[...context.images.values()].filter((image) => isReady(image) && isIso(image))}
          value={draft.isoId}
          error={fault("isoId")}
          onChoose={({ id, spec }) =>
            change({ isoId: id, ...(spec?.os?.distribution === "windows" && { guest: "windows" as const }) })
          }
        />
      )}
      {source !== "image" && <Hardware draft={draft} change={change} fault={fault} context={context} />}
      <p className="text-muted">
        {s.clone}{" "}
        <Link to={"/vms" as never} className="text-accent underline">
          {s.cloneLink}
        </Link>
      </p>
    </div>
  );
}

interface ImageChoiceProps {
  label: string;
  none: string;
  images: readonly Image[];
  value: string;
  error: string | undefined;
  onChoose: (image: Image) => void;
}

const filterFrom = 8;

function ImageChoice({ label, none, images, value, error, onChoose }: ImageChoiceProps) {
  const [text, setText] = useState("");
  const shown = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = images.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    return all.filter((image) => {
      const about = `${image.name} ${osName(image.spec?.os)}`.toLowerCase();
      return words.every((word) => about.includes(word));
    });
  }, [images, text]);
  if (images.length === 0) {
    return (
      <p className="rounded-lg border border-line p-4 text-muted">
        {none}{" "}
        <Link to={"/images" as never} className="text-accent underline">
          {s.openLibrary}
        </Link>
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-3">
        <h3 className="grow font-medium">{label}</h3>
        {images.length > filterFrom && (
          <Input
            type="search"
            aria-label={s.filter}
            placeholder={s.filter}
            className="max-w-56"
            value={text}
            // Enter here looks for something; it does not go to the next step.
            onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </div>
      <div
        role="radiogroup"
        aria-label={label}
        aria-invalid={error !== undefined}
        tabIndex={error === undefined ? undefined : -1}
        className={`max-h-80 overflow-y-auto rounded-lg border ${error ? "border-bad" : "border-line"}`}
      >
        {shown.map((image) => (
          <label
            key={image.id}
            className={`flex cursor-pointer items-center gap-3 border-b border-line/60 px-3 py-2 last:border-0 has-focus-visible:outline-2 has-focus-visible:outline-offset-[-2px] has-focus-visible:outline-accent ${value === image.id ? "bg-accent-soft" : "hover:bg-hover"}`}
          >
            <input
              type="radio"
              name="image"
              className="sr-only"
              checked={value === image.id}
              onChange={() => onChoose(image)}
            />
            <OsMark os={image.spec?.os} iso={isIso(image)} large />
            <span className="min-w-0 grow">
              <span className="block truncate font-medium">{image.name}</span>
              <span className="block truncate text-muted">
                {[osName(image.spec?.os), bytes(image.status?.sizeBytes ?? 0n), image.description]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            <Check aria-hidden size={16} className={value === image.id ? "text-accent" : "invisible"} />
          </label>
        ))}
      </div>
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

function Hardware({ draft, change, fault }: StepProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={s.guest} hint={s.guestHint}>
        <Select
          value={draft.guest}
          onChange={(event) => change({ guest: event.target.value === "windows" ? "windows" : "linux" })}
        >
          <option value="linux">{s.guests.linux}</option>
          <option value="windows">{s.guests.windows}</option>
        </Select>
      </Field>
      <Field label={s.firmware} error={fault("firmware")}>
        <Select
          value={draft.firmware}
          onChange={(event) => change({ firmware: event.target.value as Draft["firmware"] })}
        >
          <option value="bios">{s.firmwares.bios}</option>
          <option value="uefi">{s.firmwares.uefi}</option>
          <option value="secure">{s.firmwares.secure}</option>
        </Select>
      </Field>
    </div>
  );
}

function isReady({ status }: Image): boolean {
  return status?.phase === ImageStatus_Phase.READY;
}

function withRoomFor(image: Image, disks: Draft["disks"]): Draft["disks"] {
  const smallest = smallestDiskGib(image);
  return disks.map((disk, i) => (i === 0 && disk.sizeGib < smallest ? { ...disk, sizeGib: smallest } : disk));
}
