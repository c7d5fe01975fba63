import type { Privilege } from "@limiquantix/api";
import { ShieldOff } from "lucide-react";
import type { ReactNode } from "react";
import { useCan } from "../../api/use-can.ts";
import { Empty } from "../../ui/states.tsx";

/** In place of rows, where there are none at all: nothing is there, or nothing that the user may see. */
export function EmptyList(props: {
  view: Privilege;
  forbidden: string;
  icon: ReactNode;
  title: string;
  text: ReactNode;
  action?: ReactNode;
}) {
  const [permission] = useCan([{ privilege: props.view }]);
  if (permission && !permission.allowed && permission.why) {
    return (
      <Empty icon={<ShieldOff size={32} />} title={props.forbidden}>
        {permission.why}
      </Empty>
    );
  }
  return (
    <Empty icon={props.icon} title={props.title} action={props.action}>
      {props.text}
    </Empty>
  );
}
