import { VMService, type NetworkInterface, type VirtualNetwork } from "@limiquantix/api";
import { Network, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Badge } from "../../../ui/badge.tsx";
import { Button } from "../../../ui/button.tsx";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { ListTable, type ListColumn } from "../../../ui/list-table.tsx";
import { ObjectLink } from "../../../ui/object-link.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Empty } from "../../../ui/states.tsx";
import { AttachNicDialog } from "../dialogs/attach-nic-dialog.tsx";
import { told } from "../dialogs/disk-dialogs.tsx";
import type { VmDialogProps } from "../dialogs/vm-dialog.tsx";
import { deviceBlocked } from "../vm-actions.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { nicModel } from "./words.ts";

const s = strings.vm.nics;

export function NetworksTab({ vm, can }: VmTabProps) {
  const { inventory } = useConnection();
  const networks = useRows(inventory.network);
  const [open, setOpen] = useState<"attach" | NetworkInterface>();
  const blocked = deviceBlocked(vm) ?? can.action(vm, "edit");
  const nics = vm.spec?.nics ?? [];
  const nameOf = (nic: NetworkInterface) => s.nic(nics.findIndex(({ id }) => id === nic.id) + 1);
  const addressesOf = (nic: NetworkInterface) =>
    vm.status?.nics.find(({ nicId, macAddress }) => nicId === nic.id || macAddress === nic.macAddress)?.ipAddresses ??
    [];
  const close = () => setOpen(undefined);
  const columns = columnsOf({ networks, nameOf, addressesOf, blocked, onDetach: setOpen });
  const attach = (
    <Button icon={<Plus size={14} />} className="my-1" blocked={blocked} onClick={() => setOpen("attach")}>
      {s.attach}
    </Button>
  );
  return (
    <div className="p-4">
      <Panel title={s.label} actions={attach}>
        {nics.length === 0 ? (
          <Empty icon={<Network size={32} />} title={s.none}>
            {s.noneText}
          </Empty>
        ) : (
          <ListTable label={s.label} rows={nics} rowKey={({ id }) => id} columns={columns} />
        )}
      </Panel>
      {open === "attach" && <AttachNicDialog vm={vm} onClose={close} />}
      {typeof open === "object" && <DetachNic vm={vm} nic={open} name={nameOf(open)} onClose={close} />}
    </div>
  );
}

interface Parts {
  networks: readonly VirtualNetwork[];
  nameOf: (nic: NetworkInterface) => string;
  addressesOf: (nic: NetworkInterface) => readonly string[];
  blocked: string | undefined;
  onDetach: (nic: NetworkInterface) => void;
}

function columnsOf({ networks, nameOf, addressesOf, blocked, onDetach }: Parts): ListColumn<NetworkInterface>[] {
  return [
    {
      id: "nic",
      title: s.columns.nic,
      cell: (nic) => (
        <span className="flex items-center gap-2">
          <span className="font-medium whitespace-nowrap">{nameOf(nic)}</span>
          {nic.disconnected && <Badge tone="warn">{s.unplugged}</Badge>}
        </span>
      ),
    },
    {
      id: "network",
      title: s.columns.network,
      cell: ({ networkId: id }) => (
        <ObjectLink object={{ kind: "network", id, name: networks.find((row) => row.id === id)?.name ?? "" }} />
      ),
    },
    {
      id: "addresses",
      title: s.columns.addresses,
      className: "font-mono text-[12px]",
      cell: (nic) => addressesOf(nic).join(", ") || "–",
    },
    {
      id: "mac",
      title: s.columns.mac,
      className: "font-mono text-[12px] whitespace-nowrap",
      cell: (nic) => nic.macAddress,
    },
    { id: "model", title: s.columns.model, cell: (nic) => nicModel[nic.model] },
    {
      id: "actions",
      title: "",
      align: "right",
      cell: (nic) => (
        <Button
          look="ghost"
          aria-label={`${s.detach} ${nameOf(nic)}`}
          title={s.detach}
          icon={<Trash2 size={14} />}
          blocked={blocked}
          onClick={() => onDetach(nic)}
        />
      ),
    },
  ];
}

function DetachNic({ vm, nic, name, onClose }: VmDialogProps & { nic: NetworkInterface; name: string }) {
  const client = useClient(VMService);
  const detach = async () => {
    told(s.detached, await client.detachNIC({ vmId: vm.id, nicId: nic.id, idempotencyKey: newKey() }));
  };
  return (
    <AskFirst title={s.detachTitle(name)} action={s.detachDo} work={detach} onClose={onClose}>
      {s.detachText(nic.macAddress)}
    </AskFirst>
  );
}
