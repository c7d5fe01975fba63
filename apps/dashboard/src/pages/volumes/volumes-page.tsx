import type { Volume } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { HardDrive, Plus } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { poolName } from "../images/image-facts.ts";
import { CreateVolumeDialog } from "./dialogs/create-volume-dialog.tsx";
import { VolumeTable } from "./volume-table.tsx";
import { isRecycled, type PhaseName, phaseOf, vmsOf } from "./volume-state.ts";

const s = strings.volumes;

export function VolumesPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const every = useRows(inventory.volume);
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const [text, setText] = useSearchValue("q");
  const [poolId, setPool] = useSearchValue("pool");
  const [state, setState] = useSearchValue("state");
  const [attached] = useSearchValue("attached");
  const [vmId] = useSearchValue("vm");
  const [dialog, setDialog] = useSearchValue("do");
  const [create] = useCan([{ privilege: "volume.create" }]);
  const words = useDeferredValue(text);
  // What is in the recycle bin has a page of its own; here it is shown where it is asked for.
  const all = useMemo(() => (state === "RECYCLED" ? every : every.filter((one) => !isRecycled(one))), [every, state]);
  const shown = useMemo(
    () => all.filter(filterOf({ text: words, poolId, state, attached, vmId })),
    [all, words, poolId, state, attached, vmId],
  );
  const poolOptions = useMemo(() => {
    const hosts = new Map(nodes.map((node) => [node.id, node]));
    const options = pools.map((pool) => [pool.id, poolName(pool, hosts)] as const);
    return options.toSorted(([, a], [, b]) => a.localeCompare(b, "en", { numeric: true }));
  }, [pools, nodes]);
  const vm = inventory.vm.get(vmId);
  // One choice, two names in the address: of one VM, or of any.
  const setAttached = (value: string) =>
    void navigate({
      to: ".",
      search: (before: object) => ({ ...before, vm: undefined, attached: value || undefined }),
      replace: true,
    } as never);
  const mayNot = create?.allowed ? undefined : create?.why || undefined;
  const add = (
    <Button look="primary" icon={<Plus size={15} />} blocked={mayNot} onClick={() => setDialog("create")}>
      {s.create}
    </Button>
  );
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={add}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect label={s.columns.pool} all={s.allPools} value={poolId} onChange={setPool} options={poolOptions} />
        <FilterSelect
          label={s.columns.state}
          all={s.allStates}
          value={state}
          onChange={setState}
          options={stateOptions}
        />
        <FilterSelect
          label={s.columns.vm}
          all={s.allVms}
          value={vmId || attached}
          onChange={setAttached}
          options={[["yes", s.attachedOnly], ["no", s.free], ...(vm ? [[vm.id, vm.name] as const] : [])]}
        />
      </Filters>
      {link === "connecting" && every.length === 0 ? (
        <SkeletonRows rows={14} />
      ) : all.length === 0 && state === "" ? (
        <EmptyList
          view="volume.view"
          forbidden={s.forbidden}
          icon={<HardDrive size={32} />}
          title={s.none}
          text={s.noneText}
          action={add}
        />
      ) : (
        <VolumeTable
          rows={shown}
          empty={
            <Empty
              title={s.noMatch}
              action={
                <Button onClick={() => void navigate({ to: ".", search: {} } as never)}>
                  {strings.common.clearFilter}
                </Button>
              }
            />
          }
        />
      )}
      {dialog === "create" && <CreateVolumeDialog poolId={poolId} onClose={() => setDialog("")} />}
    </Page>
  );
}

const stateOptions = (Object.entries(s.phases) as [PhaseName, string][]).filter(([name]) => name !== "UNKNOWN");

interface VolumeFilter {
  text: string;
  poolId: string;
  state: string;
  /** yes, no, or empty: whether a VM has it. */
  attached: string;
  vmId: string;
}

function filterOf({ text, poolId, state, attached, vmId }: VolumeFilter): (volume: Volume) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (volume) => {
    const { attachedVmId = "" } = volume.status ?? {};
    return (
      (!poolId || volume.spec?.storagePoolId === poolId) &&
      (!state || phaseOf(volume) === state) &&
      (!attached || (attachedVmId !== "") === (attached === "yes")) &&
      (!vmId || vmsOf(volume).includes(vmId)) &&
      words.every((word) => textOf(volume).includes(word))
    );
  };
}

function textOf({ id, name, labels }: Volume): string {
  return `${name} ${id} ${Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ")}`.toLowerCase();
}
