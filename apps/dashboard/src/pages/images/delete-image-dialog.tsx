import { ImageService, type Image, type VirtualMachine } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { uploadsOf } from "./upload/uploads.ts";

const s = strings.images.detail;
const mostShown = 10;

export interface DeleteImageDialogProps {
  image: Image;
  users: readonly VirtualMachine[];
  onClose: () => void;
  onDeleted: () => Promise<void>;
}

/** Says by whom an image is used in place of asking; the server decides again. */
export function DeleteImageDialog({ image, users, onClose, onDeleted }: DeleteImageDialogProps) {
  const connection = useConnection();
  const client = useClient(ImageService);
  const [key] = useState(newKey);
  const remove = async () => {
    uploadsOf(connection).remove(image.id);
    await client.deleteImage({ id: image.id, idempotencyKey: key });
    toast.success(s.deleted);
    await onDeleted();
  };
  if (users.length > 0) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={s.deleteTitle(image.name)}
        footer={<Button onClick={onClose}>{strings.common.close}</Button>}
      >
        <p>{s.deleteUsed(users.length)}</p>
        <ul className="my-3 list-disc pl-5">
          {users.slice(0, mostShown).map(({ id, name }) => (
            <li key={id}>
              <ObjectLink object={{ kind: "vm", id, name }} />
            </li>
          ))}
        </ul>
        {users.length > mostShown && <p className="pb-2 text-muted">{s.more(users.length - mostShown)}</p>}
      </Dialog>
    );
  }
  return (
    <AskFirst title={s.deleteTitle(image.name)} action={s.deleteAction} work={remove} onClose={onClose}>
      {s.deleteText}
    </AskFirst>
  );
}
