import type { Database, Transaction } from "../store/database.ts";
import { images, volumes } from "../tables.ts";
import { listOfCounts } from "../rpc/edit.ts";

/** "3 volumes, 1 image": what is in a pool and nowhere else, the recycle bin's volumes too; empty: nothing. */
export function contentsOfPool(db: Pick<Database, "all">, tx: Pick<Transaction, "by">, poolId: string): string {
  let copies = 0;
  for (const { status } of db.all(images)) {
    if (status?.copies.some(({ storagePoolId, cached }) => storagePoolId === poolId && !cached)) copies++;
  }
  const here = new Set([...tx.by(volumes, "pool", poolId), ...tx.by(volumes, "leaving", poolId)].map(({ id }) => id));
  return listOfCounts({ volume: here.size, image: copies });
}
