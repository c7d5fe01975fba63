import { ImageService } from "@limiquantix/api";
import { useState } from "react";
import { defaultProject } from "../../api/default-project.ts";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { checksumFault, nameFault } from "./image-facts.ts";
import { PlaceFields } from "./place-fields.tsx";
import { guessFrom } from "./upload/file-name.ts";

const s = strings.images;

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const images = useClient(ImageService);
  const [url, setUrl] = useState("");
  const [ownName, setOwnName] = useState<string>();
  const [checksum, setChecksum] = useState("");
  const [ownUser, setOwnUser] = useState<string>();
  const [place, setPlace] = useState({ projectId: defaultProject, poolId: "" });
  const [key] = useState(newKey);
  const guess = guessFrom(lastPart(url));
  const name = ownName ?? (url ? guess.name : "");
  const user = ownUser ?? guess.defaultUser;
  const wrong = checksumFault(checksum.trim());
  const wrongName = name ? nameFault(name) : undefined;
  const { distribution, version } = guess;
  const family = distribution === "windows" ? "windows" : "linux";
  return (
    <FormDialog
      title={s.import.title}
      description={s.import.text}
      submit={s.import.submit}
      done={s.import.started}
      fields={["url", "checksum", "name", "defaultUser"]}
      blocked={url === "" ? s.import.urlHint : (wrong ?? wrongName)}
      onClose={onClose}
      work={() =>
        images.importImage({
          url: url.trim(),
          name,
          checksum: checksum.trim(),
          projectId: place.projectId,
          storagePoolId: place.poolId,
          defaultUser: user,
          ...(distribution && { osInfo: { family, distribution, version } }),
          idempotencyKey: key,
        })
      }
    >
      {(error) => (
        <>
          <Field label={s.import.url} hint={s.import.urlHint} error={error("url")}>
            <Input
              type="url"
              autoFocus
              spellCheck={false}
              placeholder="https://"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
          </Field>
          <Field label={s.fields.name} error={error("name") ?? wrongName}>
            <Input value={name} maxLength={63} onChange={(event) => setOwnName(event.target.value)} />
          </Field>
          <Field label={s.import.checksum} hint={s.import.checksumHint} error={error("checksum") ?? wrong}>
            <Input
              className="font-mono"
              spellCheck={false}
              value={checksum}
              onChange={(event) => setChecksum(event.target.value)}
            />
          </Field>
          <Field label={s.fields.user} hint={s.fields.userHint} error={error("defaultUser")}>
            <Input
              value={user}
              maxLength={32}
              spellCheck={false}
              onChange={(event) => setOwnUser(event.target.value)}
            />
          </Field>
          <PlaceFields place={place} onChange={setPlace} />
        </>
      )}
    </FormDialog>
  );
}

function lastPart(url: string): string {
  return decodeURIComponentSafely(url.split(/[?#]/, 1)[0]?.split("/").at(-1) ?? "");
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
