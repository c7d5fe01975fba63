import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { GrantSchema } from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import { grants } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";
import { rootKey } from "./inventory.ts";

/** The control plane's own grants: the first administrator's. One that is there already stays. */
export function grantOnRoot(tx: Transaction, clock: Clock, grant: { userId: string; roleId: string }): void {
  const held = tx.by(grants, "holder", `user/${grant.userId}`);
  if (held.some(({ roleId, object }) => roleId === grant.roleId && object?.kind === rootKey)) return;
  tx.insert(
    grants,
    create(GrantSchema, {
      id: newId(),
      holder: { case: "userId", value: grant.userId },
      roleId: grant.roleId,
      object: { kind: rootKey },
      createdAt: timestampFromMs(clock.now()),
      createdBy: "system",
    }),
  );
}
