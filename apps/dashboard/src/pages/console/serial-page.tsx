import { Link, useParams } from "@tanstack/react-router";
import { useConnection } from "../../api/context.tsx";
import { useLink, useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Page } from "../../ui/page.tsx";
import { Empty, Skeleton } from "../../ui/states.tsx";
import { SerialConsole } from "./serial-console.tsx";

const s = strings.console;

export function SerialPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const vm = useRow(inventory.vm, id);
  const link = useLink(feed);
  if (!vm) return link === "connecting" ? <Skeleton className="m-4 grow" /> : <Empty title={s.unknown} />;
  return (
    <Page
      title={s.serialTitle(vm.name)}
      actions={
        <nav className="flex gap-4">
          <Link className="text-accent hover:underline" to={`/vms/${id}/console` as never}>
            {s.toScreen}
          </Link>
          <Link className="text-accent hover:underline" to={`/vms/${id}` as never}>
            {s.back}
          </Link>
        </nav>
      }
    >
      <SerialConsole vmId={id} />
    </Page>
  );
}
