import { Link, useParams } from "@tanstack/react-router";
import { useConnection } from "../../api/context.tsx";
import { useLink, useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Page } from "../../ui/page.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { ConsolePanel } from "./console-panel.tsx";

const s = strings.console;

export function ConsolePage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const vm = useRow(inventory.vm, id);
  const link = useLink(feed);
  if (!vm) return link === "connecting" ? <Skeleton className="m-4 grow" /> : <Empty title={s.unknown} />;
  return (
    <Page
      title={s.title(vm.name)}
      actions={
        <nav className="flex gap-4">
          <Link className="text-accent hover:underline" to={`/vms/${id}/serial` as never}>
            {s.toSerial}
          </Link>
          <Link className="text-accent hover:underline" to={`/vms/${id}` as never}>
            {s.back}
          </Link>
        </nav>
      }
    >
      <ConsolePanel vmId={id} full />
    </Page>
  );
}
