import { ImageService, type Image } from "@limiquantix/api";
import { Pause, Play, X } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useSession } from "../../../app/session.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Button } from "../../../ui/button.tsx";

import { bytes } from "../../../ui/units.ts";
import { awaitsUpload } from "../image-facts.ts";
import { duration } from "./speed.ts";
import { isFileOf, unfinishedUploads, type Unfinished } from "./unfinished.ts";
import type { UploadView } from "./upload.ts";
import { uploadsOf, useUploads } from "./uploads.ts";

const s = strings.images.upload;

/** The files on their way, and those whose upload was cut off by a reload. Nothing while there are none. `only`: of one image. */
export function UploadPanel({ only }: { only?: string }) {
  const connection = useConnection();
  const all = useUploads(connection);
  const views = useMemo(() => all.filter(({ imageId }) => !only || imageId === only), [all, only]);
  const rows = useRows(connection.inventory.image);
  const names = useMemo(() => new Map(rows.map((image) => [image.id, image.name])), [rows]);
  const waiting = useMemo(() => {
    const open = new Map(rows.filter(awaitsUpload).map((image) => [image.id, image]));
    const active = new Set(views.map(({ imageId }) => imageId));
    return unfinishedUploads().flatMap((upload) => {
      const elsewhere = active.has(upload.imageId) || (only && upload.imageId !== only);
      const image = elsewhere ? undefined : open.get(upload.imageId);
      return image ? [{ upload, image }] : [];
    });
  }, [rows, views, only]);
  const [cancelled, setCancelled] = useState<{ id: string; name: string }>();
  if (views.length === 0 && waiting.length === 0) return null;
  return (
    <section aria-label={s.panel} className="max-h-64 shrink-0 overflow-y-auto border-b border-line bg-ground">
      <ul className="divide-y divide-line">
        {views.map((view) => (
          <li key={view.imageId}>
            <UploadLine
              view={view}
              name={names.get(view.imageId) ?? view.fileName}
              onCancel={() => setCancelled({ id: view.imageId, name: names.get(view.imageId) ?? view.fileName })}
            />
          </li>
        ))}
        {waiting.map(({ upload, image }) => (
          <li key={image.id}>
            <UnfinishedLine
              upload={upload}
              image={image}
              onCancel={() => setCancelled({ id: image.id, name: image.name })}
            />
          </li>
        ))}
      </ul>
      {cancelled && <CancelUpload {...cancelled} onClose={() => setCancelled(undefined)} />}
    </section>
  );
}

interface UploadLineProps {
  view: UploadView;
  name: string;
  onCancel: () => void;
}

function UploadLine({ view, name, onCancel }: UploadLineProps) {
  const uploads = uploadsOf(useConnection());
  const { imageId, sentBytes, sizeBytes, state, bytesPerSecond, secondsLeft, why, tryThis } = view;
  const percent = Math.floor((100 * sentBytes) / Math.max(1, sizeBytes));
  const ended = state === "done" || state === "failed";
  const told = [
    s.of(bytes(sentBytes), bytes(sizeBytes)),
    bytesPerSecond !== undefined && s.speed(bytes(bytesPerSecond)),
    secondsLeft !== undefined && s.left(duration(secondsLeft)),
  ].filter(Boolean);
  return (
    <div className="flex items-center gap-3 px-4 py-2">
      <div className="min-w-0 grow">
        <div className="flex items-baseline gap-2">
          <span className="truncate font-medium">{name}</span>
          <span className={state === "failed" ? "text-bad" : state === "waiting" ? "text-warn" : "text-muted"}>
            {s.states[state]}
            {state === "sending" && ` ${percent} %`}
          </span>
          <span className="ml-auto shrink-0 text-muted tabular-nums max-sm:hidden">{told.join(" · ")}</span>
        </div>
        <div
          role="progressbar"
          aria-label={name}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          className="mt-1 h-1 overflow-hidden rounded bg-pressed"
        >
          <div
            className={`h-full ${state === "failed" ? "bg-bad" : state === "done" ? "bg-ok" : "bg-accent"}`}
            style={{ width: `${percent}%` }}
          />
        </div>
        {why && (
          <p className="mt-1 text-muted">
            <span className="inline-block first-letter:uppercase">{why}</span> {tryThis}
          </p>
        )}
      </div>
      {(state === "sending" || state === "waiting") && (
        <Button
          look="ghost"
          aria-label={`${s.pause} ${name}`}
          icon={<Pause size={15} />}
          onClick={() => uploads.find(imageId)?.pause()}
        />
      )}
      {state === "paused" && (
        <Button
          look="ghost"
          aria-label={`${s.resume} ${name}`}
          icon={<Play size={15} />}
          onClick={() => uploads.resume(imageId)}
        />
      )}
      <Button
        look="ghost"
        aria-label={`${ended ? s.dismiss : s.cancel} ${name}`}
        icon={<X size={15} />}
        onClick={ended ? () => uploads.remove(imageId) : onCancel}
      />
    </div>
  );
}

function UnfinishedLine({ upload, image, onCancel }: { upload: Unfinished; image: Image; onCancel: () => void }) {
  const connection = useConnection();
  const inTab = useSession() === undefined;
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => {
    if (!file) return;
    if (isFileOf(upload, file)) uploadsOf(connection).start(image, file, inTab);
    else toast.error(s.otherFile(upload.fileName));
  };
  return (
    <div className="flex items-center gap-3 px-4 py-2">
      <p className="min-w-0 grow">
        <span className="font-medium">{image.name}</span>{" "}
        <span className="text-muted">{s.unfinished(upload.fileName)}</span>
      </p>
      <input ref={input} type="file" hidden aria-label={s.choose} onChange={(event) => take(event.target.files?.[0])} />
      <Button onClick={() => input.current?.click()}>{s.choose}</Button>
      <Button look="ghost" aria-label={`${s.cancel} ${image.name}`} icon={<X size={15} />} onClick={onCancel} />
    </div>
  );
}

function CancelUpload({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const connection = useConnection();
  const images = useClient(ImageService);
  const remove = async () => {
    uploadsOf(connection).find(id)?.pause();
    await images.deleteImage({ id, idempotencyKey: newKey() });
    uploadsOf(connection).remove(id);
  };
  return (
    <AskFirst title={s.cancelTitle(name)} action={s.cancelAction} work={remove} onClose={onClose}>
      {s.cancelText}
    </AskFirst>
  );
}
