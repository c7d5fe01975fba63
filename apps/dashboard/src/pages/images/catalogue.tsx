import { ImageService, ImageStatus_Phase, type CatalogEntry, type Image } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Download, Library, Upload } from "lucide-react";
import { useMemo, useState } from "react";
import { defaultProject } from "../../api/default-project.ts";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { nameFault } from "./image-facts.ts";
import { OsMark } from "./os-mark.tsx";
import { PlaceFields } from "./place-fields.tsx";

const s = strings.images.catalogue;

/** Public cloud images, a click away. `blocked`: why this user cannot have them; `onUpload` has a file chosen. */
export function Catalogue({ blocked, onUpload }: { blocked: string | undefined; onUpload: () => void }) {
  const images = useClient(ImageService);
  const { inventory } = useConnection();
  const rows = useRows(inventory.image);
  const [chosen, setChosen] = useState<CatalogEntry>();
  const { data, problem, reload } = useQuery("catalogue", (signal) => images.getImageCatalog({}, { signal }));
  const present = useMemo(() => {
    const usable = rows.filter(({ status }) => status?.phase !== ImageStatus_Phase.ERROR);
    return new Map(usable.map((image) => [image.spec?.catalogId ?? "", image]));
  }, [rows]);
  if (problem && !data) return <QueryProblem problem={problem} retry={reload} />;
  if (!data) return <SkeletonRows />;
  if (data.entries.length === 0) {
    return (
      <Empty icon={<Library size={32} />} title={s.none}>
        {s.noneText}
      </Empty>
    );
  }
  return (
    <>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,25rem),1fr))] gap-3 p-4">
        {data.entries.map((entry) => (
          <li key={entry.id} className="flex items-center gap-3 rounded-lg border border-line p-3">
            <OsMark os={entry.os} large />
            <div className="min-w-0 grow">
              <p className="truncate font-medium" title={entry.name}>
                {entry.name}
              </p>
              <Facts entry={entry} />
            </div>
            <EntryState
              entry={entry}
              image={present.get(entry.id)}
              blocked={blocked}
              onGet={() => (entry.url ? setChosen(entry) : onUpload())}
            />
          </li>
        ))}
      </ul>
      {chosen && <GetDialog entry={chosen} onClose={() => setChosen(undefined)} />}
    </>
  );
}

function Facts({ entry }: { entry: CatalogEntry }) {
  if (entry.howToGet) return <p className="text-muted">{entry.howToGet}.</p>;
  const { defaultUser, requirements, description } = entry;
  const facts = [
    defaultUser && s.user(defaultUser),
    requirements?.minDiskGib && s.disk(Number(requirements.minDiskGib)),
  ].filter(Boolean);
  return <p className="truncate text-muted">{facts.length > 0 ? facts.join(" · ") : description}</p>;
}

interface EntryStateProps {
  entry: CatalogEntry;
  image: Image | undefined;
  blocked: string | undefined;
  onGet: () => void;
}

function EntryState({ entry, image, blocked, onGet }: EntryStateProps) {
  if (image) {
    const ready = image.status?.phase === ImageStatus_Phase.READY;
    return (
      <Link to={`/images/${image.id}` as never} className="shrink-0 text-accent hover:underline">
        {ready ? s.inLibrary : `${s.arriving} ${image.status?.progressPercent ?? 0} %`}
      </Link>
    );
  }
  if (!entry.url) {
    return (
      <Button icon={<Upload size={14} />} blocked={blocked} aria-label={s.uploadOf(entry.name)} onClick={onGet}>
        {s.upload}
      </Button>
    );
  }
  return (
    <Button icon={<Download size={14} />} blocked={blocked} aria-label={s.dialog(entry.name)} onClick={onGet}>
      {s.get}
    </Button>
  );
}

function GetDialog({ entry, onClose }: { entry: CatalogEntry; onClose: () => void }) {
  const images = useClient(ImageService);
  const [name, setName] = useState(entry.name.replaceAll(/[^A-Za-z0-9 ._-]+/g, "").trim());
  const [place, setPlace] = useState({ projectId: defaultProject, poolId: "" });
  const [key] = useState(newKey);
  const wrong = nameFault(name);
  return (
    <FormDialog
      title={s.dialog(entry.name)}
      description={entry.checksumUrl ? s.dialogText : s.dialogUnchecked}
      submit={s.get}
      done={s.started}
      fields={["name"]}
      blocked={wrong}
      onClose={onClose}
      work={() =>
        images.downloadImage({
          catalogId: entry.id,
          name,
          projectId: place.projectId,
          storagePoolId: place.poolId,
          idempotencyKey: key,
        })
      }
    >
      {(error) => (
        <>
          <Field label={strings.images.fields.name} error={error("name") ?? wrong}>
            <Input value={name} maxLength={63} onChange={(event) => setName(event.target.value)} />
          </Field>
          <PlaceFields place={place} onChange={setPlace} />
        </>
      )}
    </FormDialog>
  );
}
