import { ImageSpec_Format, ImageStatus_Phase, VMService, type CdromDevice } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Disc3 } from "lucide-react";
import { useMemo, useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Select } from "../../../ui/field.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Empty } from "../../../ui/states.tsx";
import { told } from "../dialogs/disk-dialogs.tsx";
import { deviceBlocked } from "../vm-actions.ts";
import type { VmTabProps } from "../vm-page.tsx";

const s = strings.vm.media;

/** What is in the CD drives. */
export function MediaTab({ vm, can }: VmTabProps) {
  const drives = vm.spec?.cdroms ?? [];
  const blocked = deviceBlocked(vm) ?? can.action(vm, "media");
  if (drives.length === 0) {
    return (
      <Empty icon={<Disc3 size={32} />} title={s.none}>
        {s.noneText}
      </Empty>
    );
  }
  return (
    <div className="grid content-start gap-4 p-4 lg:grid-cols-2">
      {drives.map((drive, i) => (
        <Drive key={drive.id} vmId={vm.id} drive={drive} name={s.drive(i + 1)} blocked={blocked} />
      ))}
    </div>
  );
}

interface DriveProps {
  vmId: string;
  drive: CdromDevice;
  name: string;
  blocked: string | undefined;
}

function Drive({ vmId, drive, name, blocked }: DriveProps) {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const images = useRows(inventory.image);
  const [chosen, setChosen] = useState("");
  const isos = useMemo(
    () =>
      images
        .filter(({ status }) => status?.format === ImageSpec_Format.ISO && status.phase === ImageStatus_Phase.READY)
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    [images],
  );
  const request = { vmId, cdromId: drive.id };
  const mount = useAction(async () => {
    told(s.mounted, await client.mountISO({ ...request, imageId: chosen, idempotencyKey: newKey() }));
    setChosen("");
  });
  const eject = useAction(async () => {
    told(s.ejected, await client.ejectISO({ ...request, idempotencyKey: newKey() }));
  });
  const inside = images.find(({ id }) => id === drive.imageId);
  return (
    <Panel title={name}>
      <div className="flex flex-col gap-3">
        <div className="flex min-h-8 items-center gap-3">
          <Disc3 aria-hidden size={18} className={drive.imageId ? "text-accent" : "text-faint"} />
          <span className="min-w-0 grow truncate">
            {drive.imageId ? (
              <Link to={`/images/${drive.imageId}` as never} className="hover:underline">
                {inside?.name ?? drive.imageId}
              </Link>
            ) : (
              <span className="text-muted">{s.empty}</span>
            )}
          </span>
          {drive.imageId && (
            <Button busy={eject.busy} blocked={blocked} onClick={() => void eject.run()}>
              {s.eject}
            </Button>
          )}
        </div>
        {isos.length === 0 ? (
          <p className="text-muted">
            {s.noIsos}{" "}
            <Link to={"/images" as never} className="text-accent underline">
              {s.library}
            </Link>
          </p>
        ) : (
          <div className="flex gap-2">
            <Select aria-label={s.iso} value={chosen} onChange={(event) => setChosen(event.target.value)}>
              <option value="">{s.choose}</option>
              {isos.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
            <Button
              busy={mount.busy}
              blocked={blocked ?? (chosen ? undefined : s.choose)}
              onClick={() => void mount.run()}
            >
              {s.mount}
            </Button>
          </div>
        )}
      </div>
    </Panel>
  );
}
