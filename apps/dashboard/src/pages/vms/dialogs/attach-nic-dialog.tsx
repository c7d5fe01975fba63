import { NetworkInterface_Model, VMService } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Field, Input, Select } from "../../../ui/field.tsx";
import { nicModel } from "../tabs/words.ts";
import { told } from "./disk-dialogs.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.nics;
const models = [
  NetworkInterface_Model.VIRTIO_NET,
  NetworkInterface_Model.E1000E,
  NetworkInterface_Model.E1000,
  NetworkInterface_Model.VMXNET3,
];

export function AttachNicDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const networks = useRows(inventory.network);
  const [networkId, setNetwork] = useState("");
  const [macAddress, setMac] = useState("");
  const [model, setModel] = useState(NetworkInterface_Model.VIRTIO_NET);
  const attach = async () => {
    const nic = { networkId, macAddress: macAddress.trim(), model };
    told(s.attached, await client.attachNIC({ vmId: vm.id, nic, idempotencyKey: newKey() }));
  };
  return (
    <FormDialog
      title={s.attachTitle(vm.name)}
      submit={s.attachDo}
      work={attach}
      onClose={onClose}
      fields={["networkId", "macAddress", "model"]}
    >
      {(error) => (
        <>
          <Field label={s.network} error={error("networkId")}>
            <Select value={networkId} onChange={(event) => setNetwork(event.target.value)}>
              <option value="">{s.networkAuto}</option>
              {networks.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.model} error={error("model")}>
            <Select value={model} onChange={(event) => setModel(Number(event.target.value))}>
              {models.map((value) => (
                <option key={value} value={value}>
                  {nicModel[value]}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.mac} hint={s.macHint} error={error("macAddress")}>
            <Input
              value={macAddress}
              placeholder="52:54:00:12:34:56"
              spellCheck={false}
              autoComplete="off"
              className="font-mono"
              onChange={(event) => setMac(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
