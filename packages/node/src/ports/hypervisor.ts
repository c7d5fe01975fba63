import type {
  CdromDevice,
  DiskDevice,
  NetworkInterface,
  ResourceUsage,
  VmSpec,
  VmStatus_PowerState,
  VmStatus_StopReason,
} from "@limiquantix/api";
import type { HypervisorCapabilities } from "@limiquantix/api/daemon";
import type { Picture } from "../screens/picture.ts";
import type { DiskSecrets, DiskSource } from "./disk-source.ts";

/**
 * What runs VMs on this host. Every method but `start`, `stop` and `reset` is idempotent. A thing that the driver
 * cannot do throws `problem(Reason.UNSUPPORTED, { what, why })`; a refusal of the hypervisor itself is
 * HYPERVISOR_REFUSED with its words; a lost connection is UNAVAILABLE.
 */
export interface Hypervisor {
  /** Measured once at start: by trying, never by looking at /dev/kvm. */
  readonly info: HypervisorInfo;
  readonly capabilities: HypervisorCapabilities;
  readonly consoles: Consoles;
  readonly disks: LiveDisks;
  readonly secrets: DiskSecrets;

  /** All domains on the host, ours and others'. */
  list(): Promise<Domain[]>;
  find(vmId: string): Promise<Domain | undefined>;
  /** Makes the persistent definition as told. A running domain keeps its old hardware until its next start. */
  define(definition: DomainDefinition): Promise<void>;
  /** Forgets the domain with its saved memory, NVRAM and lease; `keepFiles` takes off only our mark. A running one is refused. */
  undefine(vmId: string, options?: { unmarkOnly?: boolean }): Promise<void>;
  /**
   * From saved memory where there is some; `memoryPath`: from the memory of a snapshot, which stays. Takes the VM's lease
   * first: VM_LOCKED_ELSEWHERE if another host has it. `paused`: its disks are open, and it does nothing before `setPaused`.
   */
  start(vmId: string, options?: StartOptions): Promise<void>;
  /**
   * `ask`: ACPI, returns at once. `cut`: power off, returns when it is off; of a saved VM it drops the memory, and one that is off stays so.
   * `save`: memory to disk, returns when done.
   */
  stop(vmId: string, how: "ask" | "cut" | "save"): Promise<void>;
  /** The reset button: the guest boots again at once. */
  reset(vmId: string): Promise<void>;
  setPaused(vmId: string, paused: boolean): Promise<void>;
  /**
   * Asked before a guest that storage made stand still goes on by itself. One that throws VM_LOCKED_ELSEWHERE keeps it
   * paused until `setPaused`; with anything else it is asked again later. Before this is called, none goes on.
   */
  guardResume(mayGoOn: (vmId: string) => Promise<void>): void;
  /** Changes a running domain; throws NEEDS_RESTART where the hypervisor cannot, with nothing changed. */
  applyLive(vmId: string, change: LiveChange): Promise<void>;
  /** Writes our mark into a domain: on its definition, and on the running domain if `live`. Adopts a foreign domain. */
  setMark(vmId: string, mark: DomainMark, options: { live: boolean }): Promise<void>;
  /** Usage of the running domains, by VM id; one call for all. */
  stats(): Promise<Map<string, ResourceUsage>>;
  /** What changes, from the call on. Ends when `signal` aborts; a lost connection is an event, not an end. */
  watch(signal: AbortSignal): AsyncIterable<HypervisorEvent>;
}

export interface StartOptions {
  memoryPath?: string | undefined;
  paused?: boolean | undefined;
}

export interface HypervisorInfo {
  /** libvirt, sim. */
  name: string;
  version: string;
  emulatorVersion: string;
  accelerator: "kvm" | "tcg" | "sim";
  /** Why it is not kvm. */
  acceleratorReason: string;
}

/** Our mark in a domain: libvirt keeps it as metadata, so that the host itself knows what was carried out. */
export interface DomainMark {
  generation: number;
  /** Reboots done so far. */
  reboots: number;
  /** Reverts to snapshots done so far. */
  reverts: number;
  /** The spec that the definition was made of, without provisioning. Empty for an adopted domain. */
  spec: VmSpec | undefined;
  adopted: boolean;
}

export interface Domain {
  vmId: string;
  name: string;
  /** RUNNING, PAUSED, STOPPED, SUSPENDED (saved memory), CRASHED. */
  power: VmStatus_PowerState;
  stopReason: VmStatus_StopReason;
  /** Of the persistent definition; undefined for a domain that is not ours. */
  mark: DomainMark | undefined;
  /** Of the running domain: what it was started with and what was applied live since. */
  liveMark: DomainMark | undefined;
  /** MAC address → interface name on the host, while it runs. */
  hostInterfaces: ReadonlyMap<string, string>;
  /** Disk id → what its definition names (`sourceName`), of the running domain where there is one. */
  sources: ReadonlyMap<string, string>;
  /** Read from its definition, for a domain that is not ours. */
  discoveredSpec: VmSpec | undefined;
  accelerator: string;
}

/** Everything that the domain's definition is made of; the XML builder is a pure function of it. */
export interface DomainDefinition {
  vmId: string;
  name: string;
  mark: DomainMark;
  spec: VmSpec;
  disks: DiskAttachment[];
  cdroms: CdromAttachment[];
  /** The NoCloud seed, attached read-only on virtio. */
  seed: DiskSource | undefined;
  nics: NicAttachment[];
}

export interface DiskAttachment {
  disk: DiskDevice;
  source: DiskSource;
}

export interface CdromAttachment {
  cdrom: CdromDevice;
  /** Undefined: the drive is empty. */
  path: string | undefined;
}

export interface NicAttachment {
  nic: NetworkInterface;
  bridge: string;
}

export type LiveChange =
  | { kind: "cpu"; cores: number }
  | { kind: "memory"; sizeMib: number }
  | { kind: "attach-disk"; disk: DiskAttachment }
  | { kind: "detach-disk"; disk: DiskDevice }
  /** Tells the guest, and for files does it. */
  | { kind: "resize-disk"; disk: DiskAttachment; sizeBytes: number }
  | { kind: "io-limits"; disk: DiskDevice }
  | { kind: "attach-nic"; nic: NicAttachment }
  | { kind: "detach-nic"; nic: NetworkInterface }
  | { kind: "link"; nic: NetworkInterface }
  | { kind: "media"; cdrom: CdromAttachment };

/**
 * What is done to the disks of a running guest. An operation that is cut off leaves the guest running on what it had, and
 * can be done again; one of them at a time per disk.
 */
export interface LiveDisks {
  /**
   * One instant for all disks of a running or paused guest: those in `switchTo` go on in a new layer, for the others
   * `beneath` is called while the guest stands still. With `memoryPath` the memory of that instant is written there.
   * A guest that ran runs on afterwards, whatever failed.
   */
  snapshot(vmId: string, request: LiveSnapshot): Promise<LiveSnapshotResult>;
  /** Merges a layer down into the one below it; `active`: the guest writes `base` afterwards. */
  merge(
    vmId: string,
    merge: { disk: DiskDevice; top: string; base: string; active: boolean },
    work: DiskWork,
  ): Promise<void>;
  /**
   * Copies a disk while the guest writes it, and has the guest go on with the copy. It outlives who began it: one that is
   * under way to there already is joined.
   */
  copy(vmId: string, copy: { disk: DiskDevice; to: DiskSource }, work: DiskWork): Promise<void>;
  /** Where a guest that is up has its disk copied to at the moment (`sourceName`). */
  copying(vmId: string, disk: DiskDevice): Promise<string | undefined>;
  /** Ends such a copy, if there is one: the guest stays with what it has. */
  endCopy(vmId: string, disk: DiskDevice): Promise<void>;
  /**
   * Has the definition of a domain that is off, and its saved memory, name other sources for these disks: all or none.
   * Refused while it runs.
   */
  redirect(vmId: string, disks: readonly DiskAttachment[]): Promise<void>;
}

export interface LiveSnapshot {
  switchTo: { disk: DiskDevice; source: DiskSource }[];
  beneath: () => Promise<void>;
  memoryPath: string | undefined;
  /** Ask the guest's agent to freeze its file systems. */
  quiesce: boolean;
}

export interface LiveSnapshotResult {
  pausedMs: number;
  quiesced: boolean;
  /** Why it is not quiesced, where that was asked for. */
  quiesceMessage: string;
}

export interface DiskWork {
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

export type HypervisorEvent =
  /** Something about this domain changed: look at it. */
  { kind: "domain"; vmId: string } | { kind: "connected" } | { kind: "disconnected"; cause: string };

export interface Consoles {
  /**
   * Raw bytes of the serial port or of the VNC server. A serial console has one reader: the one before is cut off.
   * Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED, and CONSOLE_IN_USE where another program has it.
   */
  open(vmId: string, type: "serial" | "vnc"): Promise<ByteStream>;
  /** What is on the screen. Throws CONSOLE_VM_NOT_RUNNING, CONSOLE_NOT_CONFIGURED. */
  screenshot(vmId: string): Promise<Picture>;
  /** The end of the emulator's log. */
  log(vmId: string, lines: number): Promise<string>;
}

export interface ByteStream extends AsyncDisposable {
  readonly readable: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
}
