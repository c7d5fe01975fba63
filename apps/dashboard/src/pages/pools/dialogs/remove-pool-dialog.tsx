import { StoragePoolService, type StoragePool } from "@limiquantix/api";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";

const s = strings.pools.remove;

/** Forgets a pool, and says what that leaves where it is. Copies of images that are elsewhere, too, do not matter. */
export function RemovePoolDialog({ pool, onClose }: { pool: StoragePool; onClose: () => void }) {
  const client = useClient(StoragePoolService);
  const { inventory } = useConnection();
  const volumes = useRows(inventory.volume).filter(
    ({ spec, status }) => spec?.storagePoolId === pool.id || status?.movingFromPoolId === pool.id,
  );
  const images = useRows(inventory.image).filter(({ status }) =>
    status?.copies.some(({ storagePoolId, cached }) => storagePoolId === pool.id && !cached),
  );
  const what = [
    ...(volumes.length > 0 ? [s.volumes(volumes.length)] : []),
    ...(images.length > 0 ? [s.images(images.length)] : []),
  ].join(", ");
  const blocked = what ? s.notEmpty(what) : undefined;
  return (
    <FormDialog
      title={s.title(pool.name)}
      submit={s.do}
      look="danger"
      done={s.done(pool.name)}
      blocked={blocked}
      work={() => client.deletePool({ id: pool.id, idempotencyKey: newKey() })}
      onClose={onClose}
    >
      {() => (
        <>
          <p>{s.text}</p>
          {blocked && <p className="text-warn">{blocked}</p>}
        </>
      )}
    </FormDialog>
  );
}
