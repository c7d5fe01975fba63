import { Link, useLocation } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useConnection } from "../api/context.tsx";
import { strings } from "../strings/index.ts";
import { sections } from "./sections.ts";

/** Where a page lies that is not a section's first: its section, and for a page of an object the object. */
export function Breadcrumbs() {
  const { inventory } = useConnection();
  const path = useLocation({ select: ({ pathname }) => pathname.replace(/^\/demo(?=\/|$)/, "") });
  const [noun = "", id = "", more] = path.split("/").filter((part) => part !== "");
  const section = sections.find((one) => one.path === `/${noun}`);
  if (!section || id === "") return null;
  const rows = { vms: inventory.vm, projects: inventory.project, clusters: inventory.cluster, pools: inventory.pool };
  const name = noun in rows ? rows[noun as keyof typeof rows].get(id)?.name : undefined;
  return (
    <nav
      aria-label={strings.shell.breadcrumbs}
      className="relative flex items-center gap-1 bg-surface px-4 pt-2 text-muted"
    >
      <Link to={section.path as never} className="hover:text-text hover:underline">
        {strings.shell.sections[section.id]}
      </Link>
      {more && name && (
        <>
          <ChevronRight aria-hidden size={12} />
          <Link to={`/${noun}/${id}` as never} className="hover:text-text hover:underline">
            {name}
          </Link>
        </>
      )}
      <ChevronRight aria-hidden size={12} />
    </nav>
  );
}
