import { VirtualNetworkSpec_Type, type VirtualNetwork } from "@limiquantix/api";
import { Plus, Trash2 } from "lucide-react";
import { strings } from "../../../../strings/index.ts";
import { Button } from "../../../../ui/button.tsx";
import { Field, Input, Select } from "../../../../ui/field.tsx";
import type { DraftNic } from "../draft.ts";
import type { StepProps } from "../step-props.ts";

const s = strings.createVm.network;
const mostNics = 16;

export function NetworkStep({ draft, change, fault, context }: StepProps) {
  const { nics } = draft;
  const networks = [...context.networks.values()].toSorted((a, b) => a.name.localeCompare(b.name, "en"));
  const set = (index: number, part: Partial<DraftNic>) =>
    change({ nics: nics.map((nic, i) => (i === index ? { ...nic, ...part } : nic)) });
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">{s.text}</p>
      <ul className="flex flex-col gap-2">
        {nics.map((nic, i) => (
          // An interface has no name of its own: it is the first, the second, …
          // oxlint-disable-next-line react/no-array-index-key
          <li key={i} className="rounded-lg border border-line p-3">
            <div className="mb-2 flex min-h-6 items-center gap-2">
              <span className="grow font-medium">{s.card(i + 1)}</span>
              {nics.length > 1 && (
                <Button
                  look="ghost"
                  aria-label={s.remove(i + 1)}
                  icon={<Trash2 size={14} />}
                  onClick={() => change({ nics: nics.toSpliced(i, 1) })}
                />
              )}
            </div>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label={s.network} error={fault(`nics.${i}.networkId`)}>
                <Select value={nic.networkId} onChange={(event) => set(i, { networkId: event.target.value })}>
                  <option value="">{s.default}</option>
                  {nic.networkId && !context.networks.has(nic.networkId) && (
                    <option value={nic.networkId}>{nic.networkId}</option>
                  )}
                  {networks.map((network) => (
                    <option key={network.id} value={network.id}>
                      {networkName(network)}
                    </option>
                  ))}
                </Select>
              </Field>
              <Field label={s.mac} hint={s.macHint} error={fault(`nics.${i}.macAddress`)}>
                <Input
                  className="font-mono"
                  autoComplete="off"
                  spellCheck={false}
                  maxLength={17}
                  value={nic.macAddress}
                  onChange={(event) => set(i, { macAddress: event.target.value })}
                />
              </Field>
            </div>
          </li>
        ))}
      </ul>
      {nics.length < mostNics && (
        <Button
          className="self-start"
          icon={<Plus size={14} />}
          onClick={() => change({ nics: [...nics, { networkId: "", macAddress: "" }] })}
        >
          {s.add}
        </Button>
      )}
    </div>
  );
}

function networkName({ name, spec }: VirtualNetwork): string {
  const type = spec ? VirtualNetworkSpec_Type[spec.type] : undefined;
  return type && type !== "UNKNOWN"
    ? `${name} (${type === "NAT" || type === "VLAN" ? type : type.toLowerCase()})`
    : name;
}
