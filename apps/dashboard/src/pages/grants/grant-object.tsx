import type { ResourceRef } from "@limiquantix/api";
import { useConnection } from "../../api/context.tsx";
import type { Collection } from "../../live/collection.ts";
import { useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { ObjectLink } from "../../ui/object-link.tsx";

type Ref = Pick<ResourceRef, "kind" | "id" | "name">;
type Named = { id: string; name?: string; hostname?: string };

/** What a grant is on, by its name in the live inventory. */
export function GrantObject({ object }: { object: Ref | undefined }) {
  const { inventory } = useConnection();
  const kind = object && object.kind in inventory ? (object.kind as keyof typeof inventory) : "vm";
  const row = useRow(inventory[kind] as unknown as Collection<Named>, object?.id ?? "");
  if (!object || object.kind === "root") return strings.grants.root;
  const name = row?.name ?? row?.hostname ?? object.name;
  return <ObjectLink object={{ kind: object.kind, id: object.id, name }} withKind />;
}
