import type { VirtualMachine } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { useVmLoads } from "../../charts/index.ts";
import { strings } from "../../strings/index.ts";
import { fullness, Meter } from "../../ui/meter.tsx";
import { Panel } from "../../ui/page.tsx";
import { bytes } from "../../ui/units.ts";

const s = strings.overview.top;
const [shown, mib] = [5, 1024 ** 2];

interface Consumer {
  vm: VirtualMachine;
  value: number;
  max: number;
  text: string;
}

/** The VMs that take the most right now. */
export function TopConsumers({ vms }: { vms: readonly VirtualMachine[] }) {
  const loads = useVmLoads();
  const measured = vms.flatMap((vm) => {
    const load = loads.of(vm.id);
    return load ? [{ vm, load }] : [];
  });
  const byCpu = measured.map(({ vm, load }): Consumer => {
    const max = vm.spec?.cpu?.cores ?? 0;
    const value = (max * load.cpuPercent) / 100;
    return { vm, value, max, text: s.cores(`${value.toFixed(2)} / ${max}`) };
  });
  const byMemory = measured.map(({ vm, load }): Consumer => {
    const max = Number(vm.spec?.memory?.sizeMib ?? 0n) * mib;
    return {
      vm,
      value: load.memoryUsedBytes,
      max,
      text: `${bytes(load.memoryUsedBytes)} / ${bytes(max)}`,
    };
  });
  const none = vms.length === 0 ? s.none : s.unmeasured;
  return (
    <>
      <Ranking title={s.cpu} consumers={byCpu} none={none} />
      <Ranking title={s.memory} consumers={byMemory} none={none} />
    </>
  );
}

function Ranking({ title, consumers, none }: { title: string; consumers: Consumer[]; none: string }) {
  const top = consumers.toSorted((a, b) => b.value - a.value || (a.vm.id < b.vm.id ? -1 : 1)).slice(0, shown);
  return (
    <Panel title={title}>
      {top.length === 0 ? (
        <p className="text-muted">{none}</p>
      ) : (
        <ol className="flex flex-col gap-2">
          {top.map(({ vm, value, max, text }) => (
            <li key={vm.id} className="flex items-center gap-3">
              <Link to={`/vms/${vm.id}` as never} className="w-2/5 truncate hover:underline">
                {vm.name}
              </Link>
              <span className="min-w-8 grow">
                <Meter label={`${title}: ${vm.name}`} value={value} max={max} text={text} tone={fullness(value, max)} />
              </span>
              <span className="w-32 text-right whitespace-nowrap text-muted tabular-nums">{text}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
