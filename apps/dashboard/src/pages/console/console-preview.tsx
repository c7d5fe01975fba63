import { VMService, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Monitor } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";

const s = strings.console.preview;
const everyMs = 5000;
const width = 480;

/** A small live picture of a VM's screen, which leads to its console. */
export function ConsolePreview({ vmId }: { vmId: string }) {
  const client = useClient(VMService);
  const vm = useRow(useConnection().inventory.vm, vmId);
  const box = useRef<HTMLAnchorElement>(null);
  const [seen, setSeen] = useState(false);
  const [url, setUrl] = useState<string>();
  const power = vm?.status?.state;
  const running = power === PowerState.RUNNING || power === PowerState.PAUSED;

  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false));
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  // No state is polled here: a picture is taken anew for as long as somebody looks at it, since no stream has pictures.
  useEffect(() => {
    if (!running) setUrl(undefined);
    if (!running || !seen) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const take = async () => {
      try {
        if (!document.hidden) {
          const { png } = await client.getScreenshot({ vmId, maxWidth: width }, { signal: stop.signal });
          const bytes = new Uint8Array(png);
          if (!stop.signal.aborted) setUrl(URL.createObjectURL(new Blob([bytes], { type: "image/png" })));
        }
      } catch {
        // Not allowed, not supported, or its host is away: the plain screen says no more than that.
        if (!stop.signal.aborted) setUrl(undefined);
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void take(), everyMs);
    };
    void take();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client, vmId, running, seen]);
  useEffect(() => () => (url ? URL.revokeObjectURL(url) : undefined), [url]);

  return (
    <Link
      ref={box}
      to={`/vms/${vmId}/console` as never}
      title={s.open}
      className="flex aspect-video w-full items-center justify-center overflow-hidden rounded-md border border-line bg-ground text-faint hover:border-line-strong"
    >
      {url ? (
        <img src={url} alt={s.alt(vm?.name ?? "")} className="size-full object-contain" />
      ) : (
        <span className="flex flex-col items-center gap-1.5">
          <Monitor aria-hidden size={24} />
          {running ? s.none : s.off}
        </span>
      )}
    </Link>
  );
}
