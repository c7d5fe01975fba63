import { VmStatus_StopReason } from "@limiquantix/api";
import type { Cluster } from "@limiquantix/sim";
import { FlaskConical, X } from "lucide-react";
import { useReducer, useState } from "react";
import { toast } from "sonner";
import { strings } from "../strings/index.ts";
import { headerButton } from "../app/header-button.ts";
import { Button } from "../ui/button.tsx";
import { Checkbox, Field, Select } from "../ui/field.tsx";
import type { Datacenter } from "./datacenter.ts";

const s = strings.demo;

/** Turns the demo's weather and breaks its hosts. */
export function DemoPanel({ datacenter, cluster }: { datacenter: Datacenter; cluster: Cluster }) {
  const [open, setOpen] = useState(false);
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const [index, setIndex] = useState(0);
  const { weather } = datacenter;
  const host = cluster.host(index);
  const up = host.daemon.up;
  const act = (work: () => void | Promise<unknown>) => () => void Promise.resolve(work()).finally(drawAgain);

  const button = (
    <button
      type="button"
      aria-expanded={open}
      onClick={() => setOpen(!open)}
      className={`${headerButton} border border-line-strong font-medium`}
    >
      <FlaskConical aria-hidden size={14} /> <span className="max-sm:sr-only">{s.title}</span>
    </button>
  );
  if (!open) return button;
  return (
    <>
      {button}
      <aside
        aria-label={s.title}
        className="fixed top-12 right-3 z-30 flex max-h-[calc(100dvh-4rem)] w-72 flex-col gap-3 overflow-y-auto rounded-xl border border-line-strong bg-raised p-4 shadow-2xl"
      >
        <div className="flex items-start gap-2">
          <p className="grow text-muted">{strings.shell.demo}</p>
          <Button look="ghost" aria-label={s.close} icon={<X size={14} />} onClick={() => setOpen(false)} />
        </div>
        <Field label={s.latency}>
          <Select
            value={weather.latencyMs}
            onChange={(event) => {
              datacenter.setWeather({ latencyMs: Number(event.target.value) });
              drawAgain();
            }}
          >
            {[0, 50, 200, 1000, 3000].map((ms) => (
              <option key={ms} value={ms}>
                {ms === 0 ? s.none : s.ms(ms)}
              </option>
            ))}
          </Select>
        </Field>
        <Checkbox
          label={s.chaos}
          hint={s.chaosHint}
          checked={weather.failures > 0}
          onChange={(event) => {
            datacenter.setWeather({ failures: event.target.checked ? 20 : 0 });
            drawAgain();
          }}
        />
        <Field label={s.host}>
          <Select value={index} onChange={(event) => setIndex(Number(event.target.value))}>
            {cluster.hosts.map(({ name }, i) => (
              <option key={name} value={i}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <div className="flex flex-wrap gap-2">
          <Button look={up ? "danger" : "plain"} onClick={act(() => (up ? host.powerOff() : host.powerOn()))}>
            {up ? s.powerOff : s.powerOn}
          </Button>
          <Button onClick={act(() => (host.daemon.link.up ? host.cutNetwork() : host.healNetwork()))}>
            {host.daemon.link.up ? s.cut : s.heal}
          </Button>
          <Button onClick={act(() => host.fillDisk(!host.host.faults.diskFull))}>
            {host.host.faults.diskFull ? s.emptyDisk : s.fillDisk}
          </Button>
          <Button onClick={act(() => crashGuest(cluster, index))}>{s.crashGuest}</Button>
        </div>
      </aside>
    </>
  );
}

/** QEMU of one of the host's guests ends, as with kill -9. */
function crashGuest(cluster: Cluster, index: number): void {
  const { host } = cluster.host(index);
  const domain = [...host.domains.values()].find(({ live }) => live);
  if (domain) host.powerOff(domain, VmStatus_StopReason.GUEST_CRASHED);
  else toast.info(s.noGuest);
}
