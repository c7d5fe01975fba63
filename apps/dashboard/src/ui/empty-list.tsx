import type { Privilege } from "@limiquantix/api";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../api/context.tsx";
import { useCan } from "../api/use-can.ts";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { Forbidden } from "./forbidden.tsx";
import { Empty } from "./states.tsx";

/** A role may be held on a project or a cluster alone; of more of them than this the first stand for all. */
const mostAsked = 200;

/** In place of rows, where there are none at all: nothing is there, or nothing that the user may see. */
export function EmptyList(props: {
  view: Privilege;
  forbidden?: string;
  icon: ReactNode;
  title: string;
  text: ReactNode;
  action?: ReactNode;
}) {
  const { view, forbidden, icon, title, text, action } = props;
  const { inventory } = useConnection();
  const [projects, clusters] = [useRows(inventory.project), useRows(inventory.cluster)];
  const checks = useMemo(() => {
    const below = [
      ...projects.slice(0, mostAsked).map(({ id }) => ({ kind: "project", id })),
      ...clusters.slice(0, mostAsked).map(({ id }) => ({ kind: "cluster", id })),
    ];
    return [{ privilege: view }, ...below.map((object) => ({ privilege: view, object }))];
  }, [view, projects, clusters]);
  const permissions = useCan(checks);
  const [permission] = permissions;
  if (permission?.why && !permissions.some(({ allowed }) => allowed)) {
    return (
      <Forbidden
        {...(forbidden && { title: forbidden })}
        message={permission.why}
        tryThis={strings.common.askFor(view)}
      />
    );
  }
  return (
    <Empty icon={icon} title={title} action={action}>
      {text}
    </Empty>
  );
}
