import { ImageService, fromConnectError, type Image, type Problem } from "@limiquantix/api";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { defaultProject } from "../../../api/default-project.ts";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useSession } from "../../../app/session.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field, Input } from "../../../ui/field.tsx";
import { ProblemText } from "../../../ui/problem.tsx";
import { bytes } from "../../../ui/units.ts";
import { awaitsUpload, checksumFault, nameFault, osName } from "../image-facts.ts";
import { PlaceFields, type Place } from "../place-fields.tsx";
import { formatOf, headBytes, type FoundFormat } from "./file-format.ts";
import { guessFrom } from "./file-name.ts";
import { isFileOf, unfinishedUploads } from "./unfinished.ts";
import { uploadsOf } from "./uploads.ts";

const s = strings.images;

interface Chosen {
  /** Also the request's idempotency key: what is sent twice makes one image. */
  key: string;
  file: File;
  name: string;
  distribution: string;
  version: string;
  user: string;
  sha256: string;
  format?: FoundFormat;
  /** An image that this file's upload was begun for. */
  resumes?: Image;
  problem?: Problem;
  sent?: boolean;
}

/** What was dropped or chosen, looked at before it is sent. */
export function UploadDialog({ files, onClose }: { files: readonly File[]; onClose: () => void }) {
  const connection = useConnection();
  const images = useClient(ImageService);
  const inTab = useSession() === undefined;
  const rows = useRows(connection.inventory.image);
  const [place, setPlace] = useState<Place>({ projectId: defaultProject, poolId: "" });
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<Chosen[]>(() => files.map((file) => describe(file, rows)));
  const change = (key: string, part: Partial<Chosen>) =>
    setChosen((before) => before.map((one) => (one.key === key ? { ...one, ...part } : one)));

  useEffect(() => {
    for (const { key, file } of chosen) {
      void file
        .slice(0, headBytes)
        .arrayBuffer()
        .then((head) => change(key, { format: formatOf(new Uint8Array(head), file.size) }));
    }
    // The files are looked at once.
  }, []);

  const usable = chosen.filter(({ format, sent }) => format && !format.why && !sent);
  const wrong = usable.some((one) => !one.resumes && (nameFault(one.name) ?? checksumFault(one.sha256, [64])));
  const looking = chosen.some(({ format }) => !format);
  const blocked = looking
    ? s.upload.looking
    : usable.length === 0
      ? s.upload.nothing
      : wrong
        ? s.fields.nameWrong
        : undefined;

  const send = async () => {
    setBusy(true);
    const uploads = uploadsOf(connection);
    let failed = false;
    for (const one of usable) {
      try {
        const image = one.resumes ?? (await images.createImage(requestOf(one, place))).image;
        if (image) uploads.start(image, one.file, inTab);
        change(one.key, { sent: true });
      } catch (error) {
        failed = true;
        change(one.key, { problem: fromConnectError(error) });
      }
    }
    setBusy(false);
    if (!failed) onClose();
  };

  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={s.upload.dialog(chosen.length)}
      description={s.upload.dialogText}
      footer={
        <>
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" form="upload" look="primary" busy={busy} blocked={blocked}>
            {s.upload.submit(Math.max(1, usable.length))}
          </Button>
        </>
      }
    >
      <form
        id="upload"
        noValidate
        className="flex flex-col gap-4 py-1"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && blocked === undefined) void send();
        }}
      >
        <ul className="flex flex-col gap-3">
          {chosen.map((one) => (
            <li key={one.key} className="rounded-lg border border-line p-3">
              <ChosenFile
                one={one}
                onChange={(part) => change(one.key, part)}
                onRemove={
                  chosen.length > 1
                    ? () => setChosen((before) => before.filter(({ key }) => key !== one.key))
                    : undefined
                }
              />
            </li>
          ))}
        </ul>
        {usable.some(({ resumes }) => !resumes) && <PlaceFields place={place} onChange={setPlace} />}
      </form>
    </Dialog>
  );
}

interface ChosenFileProps {
  one: Chosen;
  onChange: (part: Partial<Chosen>) => void;
  onRemove: (() => void) | undefined;
}

function ChosenFile({ one, onChange, onRemove }: ChosenFileProps) {
  const { file, format, problem, resumes, sent } = one;
  const editable = format && !format.why && !resumes && !sent;
  const atName = problem?.fields.find(({ field }) => field === "name")?.message;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 grow truncate font-medium">{file.name}</span>
        <span className="shrink-0 text-muted tabular-nums">
          {format && !format.why && `${format.name} · `}
          {bytes(file.size)}
        </span>
        {onRemove && (
          <button
            type="button"
            aria-label={s.upload.remove(file.name)}
            className="self-center rounded p-1 text-muted hover:bg-hover hover:text-text"
            onClick={onRemove}
          >
            <X size={14} />
          </button>
        )}
      </div>
      {!format && <p className="text-muted">{s.upload.looking}</p>}
      {format?.why && (
        <p className="text-bad">
          {s.upload.unusable} ({format.name}). <span className="text-text">{format.why}</span>
        </p>
      )}
      {resumes && <p className="text-muted">{s.upload.resumes(resumes.name)}</p>}
      {problem && !atName && (
        <div role="alert" className="rounded-md bg-bad-soft p-2">
          <ProblemText problem={problem} />
        </div>
      )}
      {editable && (
        <>
          <Field label={s.fields.name} error={atName ?? nameFault(one.name)}>
            <Input value={one.name} maxLength={63} onChange={(event) => onChange({ name: event.target.value })} />
          </Field>
          <details>
            <summary className="cursor-pointer text-muted select-none">
              {[s.fields.more, osName({ distribution: one.distribution, version: one.version })]
                .filter(Boolean)
                .join(": ")}
            </summary>
            <div className="mt-2 grid gap-3 sm:grid-cols-3">
              <Field label={s.fields.os} hint={s.fields.osHint}>
                <Input
                  value={one.distribution}
                  maxLength={32}
                  onChange={(event) => onChange({ distribution: event.target.value.toLowerCase() })}
                />
              </Field>
              <Field label={s.fields.version}>
                <Input
                  value={one.version}
                  maxLength={32}
                  onChange={(event) => onChange({ version: event.target.value })}
                />
              </Field>
              {format.kind === "disk" && (
                <Field label={s.fields.user} hint={s.fields.userHint}>
                  <Input value={one.user} maxLength={32} onChange={(event) => onChange({ user: event.target.value })} />
                </Field>
              )}
              <div className="sm:col-span-3">
                <Field
                  label={s.fields.sha256}
                  hint={s.fields.sha256Hint}
                  error={
                    checksumFault(one.sha256, [64]) ??
                    problem?.fields.find(({ field }) => field?.endsWith("sha256"))?.message
                  }
                >
                  <Input
                    className="font-mono"
                    spellCheck={false}
                    value={one.sha256}
                    onChange={(event) => onChange({ sha256: event.target.value.trim() })}
                  />
                </Field>
              </div>
            </div>
          </details>
        </>
      )}
    </div>
  );
}

function describe(file: File, rows: readonly Image[]): Chosen {
  const { name, distribution, version, defaultUser } = guessFrom(file.name);
  const kept = unfinishedUploads().find((unfinished) => isFileOf(unfinished, file));
  const resumes = rows.find((image) => image.id === kept?.imageId && awaitsUpload(image));
  const chosen = { key: newKey(), file, name, distribution, version, user: defaultUser, sha256: "" };
  return resumes ? { ...chosen, resumes } : chosen;
}

function requestOf(one: Chosen, place: Place) {
  const { name, distribution, version, user, sha256, file, format, key } = one;
  const family = distribution === "windows" ? "windows" : distribution === "freebsd" ? "freebsd" : "linux";
  return {
    name,
    projectId: place.projectId,
    idempotencyKey: key,
    spec: {
      storagePoolId: place.poolId,
      defaultUser: format?.kind === "disk" ? user : "",
      source: { sizeBytes: BigInt(file.size), sha256 },
      ...(distribution && { os: { family, distribution, version } }),
    },
  };
}
