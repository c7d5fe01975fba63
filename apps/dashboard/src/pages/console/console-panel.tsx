import { VMService, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Eye, EyeOff, Link2, Maximize2, MonitorUp, FileDown, SquareTerminal, Users } from "lucide-react";
import { useCallback, useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { ConsoleToolbar } from "./console-toolbar.tsx";
import { LinksDialog } from "./links-dialog.tsx";
import { deepLink, downloadViewerFile } from "./native-viewer.ts";
import { saveScreenshot } from "./save-screenshot.ts";
import { TypeDialog } from "./type-dialog.tsx";
import { othersIn, useSessions } from "./use-sessions.ts";
import { VncConsole } from "./vnc-console.tsx";
import type { Scale, VncView } from "./vnc-view.ts";

const s = strings.console;

/** A VM's screen, to put anywhere: it fills the height that it is given. `full`: it is the page itself. */
export function ConsolePanel({ vmId, full = false }: { vmId: string; full?: boolean }) {
  const client = useClient(VMService);
  const navigate = useNavigate();
  const vm = useRow(useConnection().inventory.vm, vmId);
  const sessions = useSessions(vmId);
  const [scale, setScale] = useState<Scale>("fit");
  const [viewOnly, setViewOnly] = useState(false);
  const [typing, setTyping] = useState<VncView>();
  const [sharing, setSharing] = useState(false);
  const start = useAction(useCallback(() => client.startVM({ id: vmId, idempotencyKey: newKey() }), [client, vmId]));
  const ticket = useCallback((signal: AbortSignal) => client.getConsole({ vmId, type: 1 }, { signal }), [client, vmId]);
  const [mayStart, mayShare] = useCan([
    { privilege: "vm.power", object: { kind: "vm", id: vmId } },
    { privilege: "vm.console", object: { kind: "vm", id: vmId } },
  ]);
  const name = vm?.name ?? "";
  const power = vm?.status?.state;
  const running = power === undefined ? undefined : power === PowerState.RUNNING || power === PowerState.PAUSED;
  const go = (page: string) => () => void navigate({ to: `/vms/${vmId}/${page}` } as never);

  return (
    <>
      <VncConsole
        label={s.screen(name)}
        consoleKey={vmId}
        ticket={ticket}
        running={running}
        viewOnly={viewOnly}
        scale={scale}
        off={
          <>
            <p>{power === PowerState.STARTING ? s.off.starting : s.off.text}</p>
            <Button
              look="primary"
              busy={start.busy || power === PowerState.STARTING}
              blocked={blockedBy(mayStart)}
              onClick={() => void start.run()}
            >
              {s.off.start}
            </Button>
          </>
        }
        renderToolbar={(view, state, frame) => (
          <ConsoleToolbar
            view={view}
            viewOnly={viewOnly}
            scale={scale}
            onScale={setScale}
            onScreenshot={() => void saveScreenshot(view, name)}
            onType={() => setTyping(view)}
            frame={frame}
            more={[
              [
                full
                  ? { label: s.toSerial, icon: <SquareTerminal size={14} />, onSelect: go("serial") }
                  : { label: s.fullPage, icon: <Maximize2 size={14} />, onSelect: go("console") },
                {
                  label: viewOnly ? s.viewOnlyOff : s.viewOnly,
                  icon: viewOnly ? <EyeOff size={14} /> : <Eye size={14} />,
                  onSelect: () => setViewOnly(!viewOnly),
                },
                {
                  label: s.linkShare,
                  icon: <Link2 size={14} />,
                  blocked: blockedBy(mayShare),
                  onSelect: () => setSharing(true),
                },
              ],
              [
                {
                  label: s.native,
                  icon: <MonitorUp size={14} />,
                  onSelect: () => location.assign(deepLink(vmId)),
                },
                {
                  label: s.nativeFile,
                  icon: <FileDown size={14} />,
                  onSelect: () => downloadViewerFile(vmId, name || vmId),
                },
              ],
            ]}
          >
            <Presence names={state.kind === "open" ? othersIn(sessions, state.info.sessionId) : undefined} />
          </ConsoleToolbar>
        )}
      />
      {typing && <TypeDialog view={typing} onClose={() => setTyping(undefined)} />}
      {sharing && <LinksDialog vmId={vmId} onClose={() => setSharing(false)} />}
    </>
  );
}

export function Presence({ names }: { names: string | undefined }) {
  return (
    <span role="status" className="inline-flex min-w-0 items-center gap-1.5 text-muted">
      {names && (
        <>
          <Users aria-hidden size={14} className="shrink-0" />
          <span className="truncate">{s.here(names)}</span>
        </>
      )}
    </span>
  );
}
