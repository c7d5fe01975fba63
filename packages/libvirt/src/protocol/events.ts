import { hyper, int, opt, string, struct, uhyper, uint } from "../xdr/types.ts";
import type { AnyXdr, Decoded, Shape, Struct } from "../xdr/types.ts";
import { QEMU_PROGRAM, REMOTE_PROGRAM } from "./procedure.ts";
import { domain, network, nodeDevice, secret, storagePool } from "./shapes.ts";
import type { DomainRef, NetworkRef, NodeDeviceRef, SecretRef, StoragePoolRef } from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

/** What a subscription can be narrowed to, by kind of event. */
interface EventSubjects {
  domain: DomainRef;
  network: NetworkRef;
  pool: StoragePoolRef;
  device: NodeDeviceRef;
  secret: SecretRef;
  qemu: DomainRef;
}
export type EventKind = keyof EventSubjects;

/** An event: its number at registration, and the program, procedure and layout of its messages. */
export interface EventDefinition {
  readonly kind: EventKind;
  readonly id: number;
  readonly program: number;
  readonly procedure: number;
  /** What follows the callback id. */
  readonly message: AnyXdr;
}

interface TypedEvent<K extends EventKind, S extends Shape> extends EventDefinition {
  readonly kind: K;
  readonly message: Struct<S>;
}

function event<const K extends EventKind, const S extends Shape>(
  kind: K,
  numbers: readonly [id: number, procedure: number],
  fields: S,
): TypedEvent<K, S> {
  const [id, procedure] = numbers;
  const program = kind === "qemu" ? QEMU_PROGRAM : REMOTE_PROGRAM;
  return { kind, id, program, procedure, message: struct(fields) };
}

const dom = domain;
const device = { dom, devAlias: string };
const ioError = { dom, srcPath: string, devAlias: string, action: int };

export const events = {
  /** event: `DomainEvent`, detail: its reason. */
  LIFECYCLE: event("domain", [0, 318], { dom, event: int, detail: int }),
  REBOOT: event("domain", [1, 319], { dom }),
  /** Seconds from UTC. */
  RTC_CHANGE: event("domain", [2, 320], { dom, offset: hyper }),
  WATCHDOG: event("domain", [3, 321], { dom, action: int }),
  IO_ERROR: event("domain", [4, 322], ioError),
  /** reason: `enospc` or empty. */
  IO_ERROR_REASON: event("domain", [6, 324], { ...ioError, reason: string }),
  CONTROL_ERROR: event("domain", [7, 325], { dom }),
  /** With the disk's source path; `BLOCK_JOB_2` has its target name. */
  BLOCK_JOB: event("domain", [8, 326], { dom, path: string, type: int, status: int }),
  DISK_CHANGE: event("domain", [9, 327], {
    dom,
    oldSrcPath: opt(string),
    newSrcPath: opt(string),
    devAlias: string,
    reason: int,
  }),
  /** reason: 0 open, 1 close. */
  TRAY_CHANGE: event("domain", [10, 328], { ...device, reason: int }),
  /** On the wire these three have the reason first. */
  PMWAKEUP: event("domain", [11, 329], { reason: int, dom }),
  PMSUSPEND: event("domain", [12, 330], { reason: int, dom }),
  PMSUSPEND_DISK: event("domain", [14, 332], { reason: int, dom }),
  /** KiB. */
  BALLOON_CHANGE: event("domain", [13, 331], { dom, actual: uhyper }),
  DEVICE_REMOVED: event("domain", [15, 333], device),
  /** dst: target name (`vda`); type: `BlockJobType`; status: `BlockJobStatus`. */
  BLOCK_JOB_2: event("domain", [16, 339], { dom, dst: string, type: int, status: int }),
  TUNABLE: event("domain", [17, 346], { dom, params: typedParams(2048) }),
  /** state: 1 connected, 2 disconnected. reason: 1 domain started, 2 channel. */
  AGENT_LIFECYCLE: event("domain", [18, 348], { dom, state: int, reason: int }),
  DEVICE_ADDED: event("domain", [19, 354], device),
  MIGRATION_ITERATION: event("domain", [20, 359], { dom, iteration: int }),
  JOB_COMPLETED: event("domain", [21, 363], { dom, params: typedParams(64) }),
  DEVICE_REMOVAL_FAILED: event("domain", [22, 367], device),
  METADATA_CHANGE: event("domain", [23, 379], { dom, type: int, nsuri: opt(string) }),
  /** Bytes. */
  BLOCK_THRESHOLD: event("domain", [24, 385], {
    dom,
    dev: string,
    path: opt(string),
    threshold: uhyper,
    excess: uhyper,
  }),
  MEMORY_FAILURE: event("domain", [25, 423], { dom, recipient: int, action: int, flags: uint }),
  /** Bytes. */
  MEMORY_DEVICE_SIZE_CHANGE: event("domain", [26, 438], { dom, alias: string, size: uhyper }),

  /** event: 0 defined, 1 undefined, 2 started, 3 stopped. */
  NETWORK_LIFECYCLE: event("network", [0, 315], { net: network, event: int, detail: int }),
  /** event: 0 defined, 1 undefined, 2 started, 3 stopped, 4 created, 5 deleted. */
  STORAGE_POOL_LIFECYCLE: event("pool", [0, 370], { pool: storagePool, event: int, detail: int }),
  STORAGE_POOL_REFRESH: event("pool", [1, 373], { pool: storagePool }),
  /** event: 0 created, 1 deleted, 2 defined, 3 undefined. */
  NODE_DEVICE_LIFECYCLE: event("device", [0, 376], { dev: nodeDevice, event: int, detail: int }),
  NODE_DEVICE_UPDATE: event("device", [1, 377], { dev: nodeDevice }),
  SECRET_LIFECYCLE: event("secret", [0, 382], { secret, event: int, detail: int }),
  SECRET_VALUE_CHANGED: event("secret", [1, 383], { secret }),
  /** Every QMP event, as JSON in `details`; libvirt marks no domain as tainted for listening. */
  QEMU_MONITOR_EVENT: event("qemu", [0, 6], {
    dom,
    event: string,
    seconds: hyper,
    micros: uint,
    details: opt(string),
  }),
};

type Events = typeof events;
export type EventName = keyof Events;
export type EventMessage<N extends EventName> = Decoded<Events[N]["message"]>;
export type EventSubject<N extends EventName> = EventSubjects[Events[N]["kind"]];
