import { VMService, type OpenConsoleLinkResponse } from "@limiquantix/api";
import { Eye } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { Connection } from "../../api/connection.ts";
import { ConnectionContext, useClient } from "../../api/context.tsx";
import { serverTransport } from "../../api/server-transport.ts";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Until } from "../../ui/time.tsx";
import { ConsoleToolbar } from "./console-toolbar.tsx";
import { saveScreenshot } from "./save-screenshot.ts";
import { TypeDialog } from "./type-dialog.tsx";
import { VncConsole } from "./vnc-console.tsx";
import type { Scale, VncView } from "./vnc-view.ts";

const s = strings.console;

/** A screen for whoever has the link to it: no account, and nothing of the product around it. */
export function ConsoleLinkPage({ secret }: { secret: string }) {
  const [connection] = useState(() => new Connection(serverTransport()));
  return (
    <ConnectionContext value={connection}>
      <LinkedConsole secret={secret} />
    </ConnectionContext>
  );
}

function LinkedConsole({ secret }: { secret: string }) {
  const client = useClient(VMService);
  const [opened, setOpened] = useState<OpenConsoleLinkResponse>();
  const [scale, setScale] = useState<Scale>("fit");
  const [typing, setTyping] = useState<VncView>();
  const ticket = useCallback(
    async (signal: AbortSignal) => {
      const answer = await client.openConsoleLink({ secret }, { signal });
      setOpened(answer);
      if (!answer.console) throw new Error("the server answered without a console");
      return answer.console;
    },
    [client, secret],
  );
  const name = opened?.vmName ?? "";
  const viewOnly = opened?.console?.viewOnly ?? true;
  useEffect(() => {
    document.title = name ? s.title(name) : "limiquantix";
  }, [name]);

  return (
    <main className="flex h-full flex-col">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 py-1.5">
        <h1 className="min-w-0 grow truncate text-[15px] font-semibold">{name || "limiquantix"}</h1>
        {opened && (
          <>
            {viewOnly && (
              <Badge tone="info">
                <Eye aria-hidden size={13} className="mr-1" />
                {s.links.viewOnly}
              </Badge>
            )}
            <span className="text-muted">{s.linkPage.shared(opened.createdBy)}</span>
            <span className="text-muted">
              {s.linkPage.until} <Until at={opened.expiresAt} />
            </span>
          </>
        )}
      </header>
      <VncConsole
        label={s.screen(name)}
        consoleKey={secret}
        ticket={ticket}
        running={undefined}
        viewOnly={viewOnly}
        scale={scale}
        off={<p>{s.offLink}</p>}
        renderToolbar={(view, _state, frame) => (
          <ConsoleToolbar
            view={view}
            viewOnly={viewOnly}
            scale={scale}
            onScale={setScale}
            onScreenshot={() => void saveScreenshot(view, name)}
            onType={() => setTyping(view)}
            frame={frame}
          />
        )}
      />
      {typing && <TypeDialog view={typing} onClose={() => setTyping(undefined)} />}
    </main>
  );
}
