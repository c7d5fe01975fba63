import { strings } from "../../../strings/index.ts";
import { EventsOf } from "../../events/events-of.tsx";
import type { VmTabProps } from "../vm-page.tsx";

export function EventsTab({ vm }: VmTabProps) {
  return <EventsOf id={vm.id} none={strings.vm.events.none} />;
}
