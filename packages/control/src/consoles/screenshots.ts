import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  fromConnectError,
  problem,
  Reason,
  ScreenshotSchema,
  VmStatus_PowerState,
  type GetScreenshotRequest,
  type Screenshot,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";

/** A picture younger than this is good enough for the next who asks. */
const freshMs = 5000;
const defaultWidth = 1024;
const mostKept = 256;

/** Pictures of VMs' screens, taken when somebody looks; those who look at one VM at one time share a picture. */
export class Screenshots {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #hosts: HostClients;
  readonly #latest = new Map<string, { at: number; picture: Promise<Screenshot> }>();

  constructor(parts: { db: Database; clock: Clock; hosts: HostClients }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#hosts = parts.hosts;
  }

  /** Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED, NODE_UNREACHABLE, UNSUPPORTED. */
  get({ vmId, maxWidth }: GetScreenshotRequest): Promise<Screenshot> {
    const vm = this.#db.get(vms, vmId);
    const state = vm.status?.state ?? VmStatus_PowerState.UNKNOWN;
    if (state !== VmStatus_PowerState.RUNNING && state !== VmStatus_PowerState.PAUSED) {
      throw problem(Reason.CONSOLE_VM_NOT_RUNNING, { vm: vm.name, state: VmStatus_PowerState[state] });
    }
    const nodeId = vm.status?.nodeId ?? "";
    const width = maxWidth || defaultWidth;
    // On another host it is another screen.
    const key = `${nodeId}/${vm.id}/${width}`;
    this.#forgetStale();
    const known = this.#latest.get(key);
    if (known) return known.picture;
    const picture = this.#take(nodeId, vm.id, width);
    const entry = { at: this.#clock.now(), picture };
    this.#latest.set(key, entry);
    picture.catch(() => {
      if (this.#latest.get(key) === entry) this.#latest.delete(key);
    });
    return picture;
  }

  async #take(nodeId: string, vmId: string, maxWidth: number): Promise<Screenshot> {
    const takenAt = timestampFromMs(this.#clock.now());
    try {
      const { png, width, height } = await this.#hosts.client(nodeId).screenshot({ vmId, maxWidth });
      return create(ScreenshotSchema, { png, width, height, takenAt });
    } catch (cause) {
      throw fromConnectError(cause, "the VM's host");
    }
  }

  /** They are in the order of their taking. */
  #forgetStale(): void {
    const now = this.#clock.now();
    for (const [key, { at }] of this.#latest) {
      if (now - at < freshMs && this.#latest.size < mostKept) return;
      this.#latest.delete(key);
    }
  }
}
