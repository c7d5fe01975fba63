import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import {
  fromConnectError,
  isProblem,
  Reason,
  StoragePoolSpec_Backend,
  StoragePoolSpecSchema,
  type VmDesired_Power as Power,
  VmSpecSchema,
} from "@limiquantix/api";
import { type EnsureVMRequestSchema, NodeDaemonService } from "@limiquantix/api/daemon";
import { type Clock, newId, silentLog } from "@limiquantix/kit";
import { createNode, type Hypervisor, type HypervisorEvent, type Node, type VolumeBackend } from "@limiquantix/node";
import { readdir, readFile } from "node:fs/promises";
import { LibvirtNetworks } from "../../libvirt-network/libvirt-networks.ts";
import type { LibvirtHypervisor } from "../../libvirt/libvirt-hypervisor.ts";
import { LinuxHostFacts } from "../../linux-host/linux-host-facts.ts";
import { labHypervisor } from "../lab.ts";

export interface GuestHostOptions {
  volumeId: string;
  /** By which its guest is told from the other host's. */
  memoryMib: number;
  directory: string;
  clock: Clock;
  openPool: (pool: string, hypervisor: LibvirtHypervisor) => Promise<VolumeBackend>;
}

/** A host with a daemon and one VM, on the disk that the other host has in its VM as well. */
export class GuestHost implements AsyncDisposable {
  readonly vmId = newId();
  readonly client: Client<typeof NodeDaemonService>;
  readonly #options: GuestHostOptions;
  readonly #hypervisor: LibvirtHypervisor;
  readonly #node: Node;
  readonly #poolId = newId();
  #generation = 0n;

  private constructor(options: GuestHostOptions, hypervisor: LibvirtHypervisor, facts: LinuxHostFacts) {
    this.#options = options;
    this.#hypervisor = hypervisor;
    const { clock } = options;
    this.#node = createNode({
      hypervisor: onlyOf(hypervisor, this.vmId),
      volumes: new Map(),
      openPool: { open: (pool) => options.openPool(pool, hypervisor) },
      network: new LibvirtNetworks({ connection: hypervisor.connection, log: silentLog }),
      facts,
      clock,
      log: silentLog,
      version: "test",
    });
    this.client = createClient(
      NodeDaemonService,
      createRouterTransport((router) => this.#node.routes(router)),
    );
  }

  static async start(options: GuestHostOptions): Promise<GuestHost> {
    const { clock, directory } = options;
    const machineIdFile = `${directory}/machine-id`;
    const facts = await LinuxHostFacts.read({ clock, machineIdFile, controlPlaneUrl: undefined });
    const host = new GuestHost(options, await labHypervisor(), facts);
    await host.#node.start();
    const spec = create(StoragePoolSpecSchema, { backend: StoragePoolSpec_Backend.CEPH_RBD });
    const { errorMessage } = await host.client.ensurePool({ poolId: host.#poolId, name: "shared", spec });
    if (errorMessage) throw new Error(errorMessage);
    return host;
  }

  /** False: it was refused, because the other host has the disk. */
  async tell(power: Power): Promise<boolean> {
    const { volumeId, memoryMib } = this.#options;
    // Its places are not to be used up.
    const ioLimits = { writeIops: 200n };
    const disks = [{ id: "d0", storagePoolId: this.#poolId, volumeId, sizeGib: 1n, bootIndex: 1, ioLimits }];
    const spec = create(VmSpecSchema, {
      cpu: { cores: 1 },
      memory: { sizeMib: BigInt(memoryMib) },
      disks,
      agent: { disabled: true },
    });
    this.#generation++;
    const desired = { power, force: true };
    const pools = { [this.#poolId]: this.#poolId };
    const order = { vmId: this.vmId, name: `split-${memoryMib}`, generation: this.#generation, spec, desired, pools };
    try {
      for await (const _ of this.client.ensureVM(order as MessageInitShape<typeof EnsureVMRequestSchema>)) continue;
      return true;
    } catch (cause) {
      if (isProblem(fromConnectError(cause), Reason.VM_LOCKED_ELSEWHERE)) return false;
      throw cause;
    }
  }

  /** To its emulator. */
  async signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): Promise<void> {
    process.kill(await emulatorOf(this.vmId), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("SIGKILL").catch(() => {});
    await this.client.deleteVM({ vmId: this.vmId, keepVolumes: true }).catch(() => {});
    await this.#node.stop();
    await this.#hypervisor[Symbol.asyncDispose]();
  }
}

async function emulatorOf(vmId: string): Promise<number> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes("qemu-system") && command.includes(vmId)) return Number(pid);
  }
  throw new Error(`no QEMU runs VM ${vmId}`);
}

/** Both hosts have one libvirtd: each is to see its own VM alone. */
function onlyOf(hypervisor: LibvirtHypervisor, vmId: string): Hypervisor {
  const own: Partial<Hypervisor> = {
    list: async () => (await hypervisor.list()).filter((domain) => domain.vmId === vmId),
    watch: (signal) => ownEvents(hypervisor.watch(signal), vmId),
    guardResume: (mayGoOn) =>
      hypervisor.guardResume(async (id) => {
        if (id !== vmId) throw new Error("another host's");
        await mayGoOn(id);
      }),
  };
  return new Proxy<Hypervisor>(hypervisor, {
    get(target, name) {
      if (name in own) return own[name as keyof Hypervisor];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function* ownEvents(events: AsyncIterable<HypervisorEvent>, vmId: string): AsyncGenerator<HypervisorEvent> {
  for await (const event of events) if (event.kind !== "domain" || event.vmId === vmId) yield event;
}
