/** Numbers of libvirt's public API, under its names without the `VIR_…` prefix. Flags are or-ed. */
export const DomainState = {
  NOSTATE: 0,
  RUNNING: 1,
  BLOCKED: 2,
  PAUSED: 3,
  SHUTDOWN: 4,
  SHUTOFF: 5,
  CRASHED: 6,
  PMSUSPENDED: 7,
} as const;

/** `reason` of DOMAIN_GET_STATE with `DomainState.PAUSED`. */
export const PausedReason = {
  UNKNOWN: 0,
  USER: 1,
  MIGRATION: 2,
  SAVE: 3,
  DUMP: 4,
  IO_ERROR: 5,
  WATCHDOG: 6,
  FROM_SNAPSHOT: 7,
  SHUTTING_DOWN: 8,
  SNAPSHOT: 9,
  CRASHED: 10,
  STARTING_UP: 11,
  POSTCOPY: 12,
  POSTCOPY_FAILED: 13,
} as const;

/** `event` of LIFECYCLE. */
export const DomainEvent = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  SUSPENDED: 3,
  RESUMED: 4,
  STOPPED: 5,
  SHUTDOWN: 6,
  PMSUSPENDED: 7,
  CRASHED: 8,
} as const;

/** `detail` of LIFECYCLE with `DomainEvent.STOPPED`. */
export const DomainStoppedDetail = {
  SHUTDOWN: 0,
  DESTROYED: 1,
  CRASHED: 2,
  MIGRATED: 3,
  SAVED: 4,
  FAILED: 5,
  FROM_SNAPSHOT: 6,
} as const;

/** `detail` of LIFECYCLE with `DomainEvent.SUSPENDED`. */
export const DomainSuspendedDetail = {
  PAUSED: 0,
  MIGRATED: 1,
  IO_ERROR: 2,
  WATCHDOG: 3,
  RESTORED: 4,
  FROM_SNAPSHOT: 5,
  API_ERROR: 6,
  POSTCOPY: 7,
  POSTCOPY_FAILED: 8,
} as const;

/** Whether a change touches the running domain, its stored definition, or both. */
export const Affect = { CURRENT: 0, LIVE: 1, CONFIG: 2 } as const;

export const ConnectOpenFlag = { READ_ONLY: 1 } as const;
export const DefineFlag = { VALIDATE: 1 } as const;
export const StartFlag = {
  PAUSED: 1,
  AUTODESTROY: 2,
  BYPASS_CACHE: 4,
  FORCE_BOOT: 8,
  VALIDATE: 16,
  RESET_NVRAM: 32,
} as const;
export const ShutdownFlag = { DEFAULT: 0, ACPI: 1, GUEST_AGENT: 2, INITCTL: 4, SIGNAL: 8, PARAVIRT: 16 } as const;
/** GRACEFUL: do not kill -9 a hypervisor that hangs. */
export const DestroyFlag = { DEFAULT: 0, GRACEFUL: 1, REMOVE_LOGS: 2 } as const;
export const UndefineFlag = {
  MANAGED_SAVE: 1,
  SNAPSHOTS_METADATA: 2,
  NVRAM: 4,
  KEEP_NVRAM: 8,
  CHECKPOINTS_METADATA: 16,
  TPM: 32,
  KEEP_TPM: 64,
} as const;
export const XmlFlag = { SECURE: 1, INACTIVE: 2, UPDATE_CPU: 4, MIGRATABLE: 8 } as const;
export const SaveFlag = { BYPASS_CACHE: 1, RUNNING: 2, PAUSED: 4, RESET_NVRAM: 8 } as const;
/** On top of `Affect`. */
export const VcpuFlag = { MAXIMUM: 4, GUEST: 8, HOTPLUGGABLE: 16 } as const;
/** On top of `Affect`. */
export const MemoryFlag = { MAXIMUM: 4 } as const;
/** On top of `Affect`. */
export const DeviceModifyFlag = { FORCE: 4 } as const;
export const MetadataType = { DESCRIPTION: 0, TITLE: 1, ELEMENT: 2 } as const;
export const InterfaceAddressSource = { LEASE: 0, AGENT: 1, ARP: 2 } as const;
export const UserPasswordFlag = { ENCRYPTED: 1 } as const;
export const SetTimeFlag = { SYNC: 1 } as const;

/** Groups of CONNECT_GET_ALL_DOMAIN_STATS. */
export const DomainStats = {
  STATE: 1,
  CPU_TOTAL: 2,
  BALLOON: 4,
  VCPU: 8,
  INTERFACE: 16,
  BLOCK: 32,
  PERF: 64,
  IOTHREAD: 128,
  MEMORY: 256,
  DIRTYRATE: 512,
  VM: 1024,
} as const;

/** Flags of CONNECT_GET_ALL_DOMAIN_STATS. NOWAIT: leave out what a busy domain would make us wait for. */
export const DomainStatsFlag = {
  ACTIVE: 1,
  INACTIVE: 2,
  RUNNING: 16,
  PAUSED: 32,
  SHUTOFF: 64,
  NOWAIT: 1 << 29,
  BACKING: 1 << 30,
} as const;

export const MemoryStatTag = {
  SWAP_IN: 0,
  SWAP_OUT: 1,
  MAJOR_FAULT: 2,
  MINOR_FAULT: 3,
  UNUSED: 4,
  AVAILABLE: 5,
  ACTUAL_BALLOON: 6,
  RSS: 7,
  USABLE: 8,
  LAST_UPDATE: 9,
  DISK_CACHES: 10,
} as const;

export const GuestInfo = {
  USERS: 1,
  OS: 2,
  TIMEZONE: 4,
  HOSTNAME: 8,
  FILESYSTEM: 16,
  DISKS: 32,
  INTERFACES: 64,
} as const;

export const BlockJobType = { UNKNOWN: 0, PULL: 1, COPY: 2, COMMIT: 3, ACTIVE_COMMIT: 4, BACKUP: 5 } as const;
export const BlockJobStatus = { COMPLETED: 0, FAILED: 1, CANCELED: 2, READY: 3 } as const;
export const BlockJobAbortFlag = { ASYNC: 1, PIVOT: 2 } as const;
export const BlockCopyFlag = { SHALLOW: 1, REUSE_EXT: 2, TRANSIENT_JOB: 4, SYNCHRONOUS_WRITES: 8 } as const;
export const BlockCommitFlag = { SHALLOW: 1, DELETE: 2, ACTIVE: 4, RELATIVE: 8, BANDWIDTH_BYTES: 16 } as const;
export const BlockPullFlag = { BANDWIDTH_BYTES: 64 } as const;
export const BlockResizeFlag = { BYTES: 1 } as const;

export const JobType = { NONE: 0, BOUNDED: 1, UNBOUNDED: 2, COMPLETED: 3, FAILED: 4, CANCELLED: 5 } as const;
export const JobStatsFlag = { COMPLETED: 1, KEEP_COMPLETED: 2 } as const;

export const MigrateFlag = {
  LIVE: 1,
  PEER2PEER: 2,
  TUNNELLED: 4,
  PERSIST_DEST: 8,
  UNDEFINE_SOURCE: 16,
  PAUSED: 32,
  NON_SHARED_DISK: 64,
  NON_SHARED_INC: 128,
  CHANGE_PROTECTION: 256,
  UNSAFE: 512,
  OFFLINE: 1024,
  COMPRESSED: 2048,
  ABORT_ON_ERROR: 4096,
  AUTO_CONVERGE: 8192,
  RDMA_PIN_ALL: 1 << 14,
  POSTCOPY: 1 << 15,
  TLS: 1 << 16,
  PARALLEL: 1 << 17,
  NON_SHARED_SYNCHRONOUS_WRITES: 1 << 18,
  POSTCOPY_RESUME: 1 << 19,
  ZEROCOPY: 1 << 20,
} as const;

export const SnapshotCreateFlag = {
  REDEFINE: 1,
  CURRENT: 2,
  NO_METADATA: 4,
  HALT: 8,
  DISK_ONLY: 16,
  REUSE_EXT: 32,
  QUIESCE: 64,
  ATOMIC: 128,
  LIVE: 256,
  VALIDATE: 512,
} as const;
export const SnapshotRevertFlag = { RUNNING: 1, PAUSED: 2, FORCE: 4, RESET_NVRAM: 8 } as const;
/** Also for checkpoints. */
export const SnapshotDeleteFlag = { CHILDREN: 1, METADATA_ONLY: 2, CHILDREN_ONLY: 4 } as const;
export const CheckpointCreateFlag = { REDEFINE: 1, QUIESCE: 2, REDEFINE_VALIDATE: 4 } as const;
export const CheckpointXmlFlag = { SECURE: 1, NO_DOMAIN: 2, SIZE: 4 } as const;
export const BackupBeginFlag = { REUSE_EXTERNAL: 1 } as const;

/** Of volume upload and download. */
export const VolumeStreamFlag = { SPARSE: 1 } as const;
export const NetworkUpdateCommand = { MODIFY: 1, DELETE: 2, ADD_LAST: 3, ADD_FIRST: 4 } as const;
export const AgentState = { CONNECTED: 1, DISCONNECTED: 2 } as const;
