import type { Privilege } from "@limiquantix/api";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../api/context.tsx";
import { useCan } from "../api/use-can.ts";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { Forbidden } from "./forbidden.tsx";

/** Projects that the server is asked about in one call. */
const mostAsked = 500;

/** A form for whoever has `privilege` in some project; why not for others, who would be told only when it is filled in. */
export function InSomeProject(props: { privilege: Privilege; forbidden: string; children: ReactNode }) {
  const { privilege, forbidden, children } = props;
  const projects = useRows(useConnection().inventory.project);
  const checks = useMemo(() => {
    const objects = projects.slice(0, mostAsked).map(({ id }) => ({ kind: "project", id }));
    return (objects.length > 0 ? objects : [undefined]).map((object) => ({ privilege, ...(object && { object }) }));
  }, [privilege, projects]);
  const may = useCan(checks);
  const [first] = may;
  if (!first?.why || projects.length > mostAsked || may.some(({ allowed }) => allowed)) return children;
  return <Forbidden title={forbidden} message={first.why} tryThis={strings.common.askFor(privilege)} />;
}
