import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { VirtualMachine } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";
import { tombstones } from "./tombstone.ts";

export interface OrderedVm {
  key: string;
  id: string;
}

type Owner = Pick<VirtualMachine, "id" | "spec">;

export type VmOrder = "created_at" | "name";

/** What is asked about all VMs at once, kept current by each commit: who has a MAC address, and the orders to list by. */
export class VmIndex implements Disposable {
  readonly #db: Database;
  readonly #macs = new Map<string, string>();
  readonly #orders = new Map<VmOrder, readonly OrderedVm[]>();
  readonly #subscription: Disposable;

  constructor(db: Database) {
    this.#db = db;
    for (const vm of db.all(vms)) this.#addMacs(vm);
    for (const buried of db.all(tombstones)) this.#addMacs(buried);
    this.#subscription = db.subscribe((changes) => {
      // What a host is still to remove keeps its addresses; where a tombstone takes a VM's place, both are told at once.
      for (const { table, before } of changes) if (hasMacs(table)) this.#dropMacs(before as Owner | undefined);
      for (const { table, after } of changes) if (hasMacs(table) && after) this.#addMacs(after as Owner);
      for (const { table, before, after } of changes) {
        if (table.kind !== vms.kind) continue;
        const [was, is] = [before as VirtualMachine | undefined, after as VirtualMachine | undefined];
        if (!was || !is) this.#orders.clear();
        else if (was.name !== is.name) this.#orders.delete("name");
      }
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /** The id of the VM that has this address, or of one that its host is still to remove; not `exceptId`. */
  macOwner(mac: string, exceptId?: string): string | undefined {
    const id = this.#macs.get(mac);
    return id === exceptId ? undefined : id;
  }

  /** A random address of the range that QEMU and libvirt give to guests, 52:54:00. */
  newMac(): string {
    for (;;) {
      const tail = crypto.getRandomValues(new Uint8Array(3));
      const mac = ["52", "54", "00", ...Array.from(tail, (byte) => byte.toString(16).padStart(2, "0"))].join(":");
      if (!this.#macs.has(mac)) return mac;
    }
  }

  /**
   * All VMs in this order, by id: it outlives changes of other fields. Built when asked for, after a VM came, went or
   * was renamed.
   */
  ordered(order: VmOrder): readonly OrderedVm[] {
    let list = this.#orders.get(order);
    if (!list) {
      list = [...this.#db.all(vms)].map((vm) => ({ key: sortKey(order, vm), id: vm.id })).toSorted(compareOrdered);
      this.#orders.set(order, list);
    }
    return list;
  }

  #addMacs(vm: Owner): void {
    for (const nic of vm.spec?.nics ?? []) if (nic.macAddress) this.#macs.set(nic.macAddress, vm.id);
  }

  #dropMacs(vm: Owner | undefined): void {
    for (const nic of vm?.spec?.nics ?? []) {
      if (this.#macs.get(nic.macAddress) === vm?.id) this.#macs.delete(nic.macAddress);
    }
  }
}

function hasMacs(table: { kind: string }): boolean {
  return table.kind === vms.kind || table.kind === tombstones.kind;
}

/** What a VM is listed by; text that sorts as it should. */
export function sortKey(order: VmOrder, vm: VirtualMachine): string {
  if (order === "name") return vm.name;
  return String(vm.createdAt ? timestampMs(vm.createdAt) : 0).padStart(16, "0");
}

export function compareOrdered(a: OrderedVm, b: OrderedVm): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}
