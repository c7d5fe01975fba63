import type { ResourceRef } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { strings } from "../strings/index.ts";

type Ref = Pick<ResourceRef, "kind" | "id" | "name">;

const pages: Record<string, (id: string) => string> = {
  vm: (id) => `/vms/${id}`,
  node: (id) => `/nodes/${id}`,
  cluster: (id) => `/clusters/${id}`,
  image: (id) => `/images/${id}`,
  pool: (id) => `/pools/${id}`,
  volume: (id) => `/volumes/${id}`,
  network: (id) => `/networks/${id}`,
  project: (id) => `/projects/${id}`,
};

/** Where an object's page is; undefined for what has none. */
export function objectPath({ kind, id }: Pick<Ref, "kind" | "id">): string | undefined {
  return id ? pages[kind]?.(id) : undefined;
}

/** The object's name, and its page behind it where it has one. */
export function ObjectLink({ object, withKind = false }: { object: Ref | undefined; withKind?: boolean }) {
  if (!object || (!object.id && !object.kind)) return null;
  const kind = strings.common.kinds[object.kind] ?? object.kind;
  const name = object.name || (object.kind === "root" ? "" : object.id);
  const to = objectPath(object);
  return (
    <>
      {(withKind || !name) && <span className={name ? "text-muted" : ""}>{kind} </span>}
      {to ? (
        <Link to={to as never} className="hover:underline">
          {name}
        </Link>
      ) : (
        name
      )}
    </>
  );
}
