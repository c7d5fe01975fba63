import { stateHash } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";
import { goneReason } from "../vms/reservation.ts";
import { tombstones } from "../vms/tombstone.ts";
import { isPending, stateOf, wasNeverMade } from "../vms/vm.ts";

/**
 * Finds hosts whose VMs are not as the rows say, although every change should have been told. A heartbeat and the
 * events go different ways, so one that differs may only be early or late: two in a row that differ alike are believed.
 */
export class Divergence {
  readonly #db: Database;
  /** By host: how the last heartbeat differed. */
  readonly #suspicions = new Map<string, string>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Takes a heartbeat's hash. Answers whether the host has to be read again. */
  confirmed(nodeId: string, hash: string): boolean {
    const known = this.#knownHash(nodeId);
    if (known === undefined || known === hash) {
      this.#suspicions.delete(nodeId);
      return false;
    }
    const suspicion = `${hash} ${known}`;
    const again = this.#suspicions.get(nodeId) === suspicion;
    if (again) this.#suspicions.delete(nodeId);
    else this.#suspicions.set(nodeId, suspicion);
    return again;
  }

  forget(nodeId: string): void {
    this.#suspicions.delete(nodeId);
  }

  /** Undefined while the host has something to do: what it then shows is meant to change. */
  #knownHash(nodeId: string): string | undefined {
    const rows = this.#db.by(vms, "node", nodeId);
    const busy = rows.some((vm) => vm.deletion !== undefined || (vm.isManaged && isPending(vm)));
    if (busy || this.#db.by(tombstones, "node", nodeId).length > 0) return undefined;
    const there = rows.filter((vm) => !wasNeverMade(vm) && vm.status?.lostReason !== goneReason);
    return stateHash(
      there.map((vm) => ({ id: vm.id, state: stateOf(vm), generation: vm.status?.observedGeneration ?? 0n })),
    );
  }
}
