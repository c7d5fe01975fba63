import { Code } from "@connectrpc/connect";
import { Reason } from "../gen/limiquantix/ops/v1/error_pb.js";
import { sharedDiskEntries } from "./shared-disk-entries.ts";

export interface CatalogueEntry {
  code: Code;
  /** `{name}` is filled from the problem's params. */
  sentence: string;
  tryThis: string;
}

type Listed = Exclude<Reason, Reason.REASON_UNSPECIFIED>;

/** Every reason for which a request can fail: the API, the dashboard, the CLI and docs/errors.md read this table. */
export const catalogue = {
  [Reason.INTERNAL]: {
    code: Code.Internal,
    sentence: "internal error (request {requestId})",
    tryThis: "Look for the request id in the control plane's log, and report it: this is our bug.",
  },
  [Reason.INVALID_REQUEST]: {
    code: Code.InvalidArgument,
    sentence: "{message}",
    tryThis: "Correct the fields that are named and send the request again.",
  },
  [Reason.UNAUTHENTICATED]: {
    code: Code.Unauthenticated,
    sentence: "this call needs a valid token: {why}",
    tryThis: "Log in (`lqx login`) or send `Authorization: Bearer <token>`.",
  },
  [Reason.PERMISSION_DENIED]: {
    code: Code.PermissionDenied,
    sentence: "{who} may not do this",
    tryThis: "Ask an administrator for the right, or use another account.",
  },
  [Reason.LOGIN_FAILED]: {
    code: Code.Unauthenticated,
    sentence: "the user name or the password is wrong",
    tryThis:
      "Check both. The first administrator's password is in the file first-login of the control plane's data directory until it is changed.",
  },
  [Reason.NOT_FOUND]: {
    code: Code.NotFound,
    sentence: "there is no {kind} {id}",
    tryThis: "List what there is; it may have been deleted, or belong to another project.",
  },
  [Reason.NAME_TAKEN]: {
    code: Code.AlreadyExists,
    sentence: "a {kind} named {name} exists already",
    tryThis: "Choose another name, or rename or delete the one that exists.",
  },
  [Reason.REVISION_CONFLICT]: {
    code: Code.Aborted,
    sentence: "{kind} {id} was changed by somebody else (it is at revision {current}, not {expected})",
    tryThis: "Read it again, apply your change to what it is now, and send it with the new revision.",
  },
  [Reason.IDEMPOTENCY_KEY_REUSED]: {
    code: Code.InvalidArgument,
    sentence: "idempotency key {key} was used for a different request",
    tryThis: "Use a new key for a new request; repeat a request unchanged under its own key.",
  },
  [Reason.UNSUPPORTED]: {
    code: Code.Unimplemented,
    sentence: "{what} is not supported here: {why}",
    tryThis: "See the capabilities of the host or the driver; another one may support it.",
  },
  [Reason.UNAVAILABLE]: {
    code: Code.Unavailable,
    sentence: "{what} cannot be reached: {why}",
    tryThis: "Try again in a moment; the request was not carried out.",
  },
  [Reason.DEADLINE_EXCEEDED]: {
    code: Code.DeadlineExceeded,
    sentence: "{what} did not answer in time: the outcome is not known",
    tryThis: "Read the object again before you repeat the request; with the same idempotency key a repeat is safe.",
  },
  [Reason.CANCELLED]: {
    code: Code.Canceled,
    sentence: "cancelled by {who}",
    tryThis: "Start it again if it is still wanted.",
  },
  [Reason.SUPERSEDED]: {
    code: Code.Canceled,
    sentence: "a newer request took its place: {by}",
    tryThis: "Nothing: the newer request decides.",
  },
  [Reason.RATE_LIMITED]: {
    code: Code.ResourceExhausted,
    sentence: "too many requests: {why}",
    tryThis: "Wait {seconds} s and try again.",
  },
  [Reason.PRIVILEGE_MISSING]: {
    code: Code.PermissionDenied,
    sentence: "{who} lacks the privilege {privilege} on {object}",
    tryThis: "Ask whoever may grant on {object} for a role that has {privilege}, or use another account.",
  },
  [Reason.QUOTA_EXCEEDED]: {
    code: Code.ResourceExhausted,
    sentence: "the quota of project {project} does not allow it: {what}",
    tryThis: "Make the request smaller, delete what is not needed, or ask for a larger quota.",
  },
  [Reason.NOT_EMPTY]: {
    code: Code.FailedPrecondition,
    sentence: "{kind} {name} is not empty: {what}",
    tryThis: "Move or delete what is in it first.",
  },

  [Reason.VM_WRONG_STATE]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} is {state}: {action} is for a VM that is {allowed}",
    tryThis: "Bring the VM into a state that allows it first.",
  },
  [Reason.VM_NOT_MANAGED]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} was found on its host and is not under management",
    tryThis: "Adopt it first (AdoptVM, `lqx vm adopt`).",
  },
  [Reason.VM_BEING_DELETED]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} is being deleted",
    tryThis: "Nothing more can be done with it; create a new one.",
  },
  [Reason.NO_HOST_FITS]: {
    code: Code.ResourceExhausted,
    sentence: "no host fits VM {vm}: {why}",
    tryThis: "See the verdict of each host; make room, ask for less, or loosen the placement rules.",
  },
  [Reason.NEEDS_RESTART]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} runs and {what} cannot be changed live",
    tryThis: "Stop it first, or change it now and restart it later (UpdateVM marks it).",
  },
  [Reason.GUEST_DID_NOT_STOP]: {
    code: Code.DeadlineExceeded,
    sentence: "the guest of VM {vm} did not shut down within {seconds} s; it still runs",
    tryThis: "Shut it down from inside, or stop it with force.",
  },
  [Reason.CONSOLE_VM_NOT_RUNNING]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} has no console: it is {state}",
    tryThis: "Start the VM first.",
  },
  [Reason.CONSOLE_NOT_CONFIGURED]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} has no {type} console",
    tryThis: "Use another console type, or add the device and restart the VM.",
  },
  [Reason.CONSOLE_IN_USE]: {
    code: Code.FailedPrecondition,
    sentence: "another program on the host has the {type} console of VM {vm} open",
    tryThis: "End it there first, for example a `virsh console`. Consoles of limiquantix give way by themselves.",
  },
  [Reason.CONSOLE_TICKET_INVALID]: {
    code: Code.Unauthenticated,
    sentence: "this console ticket is unknown, used or expired",
    tryThis: "Get a new one with GetConsole: a ticket is good once, for a minute.",
  },
  [Reason.CONSOLE_LINK_INVALID]: {
    code: Code.PermissionDenied,
    sentence: "this link to a console is unknown, revoked or expired",
    tryThis: "Ask whoever sent it for a new one.",
  },
  [Reason.HYPERVISOR_REFUSED]: {
    code: Code.FailedPrecondition,
    sentence: "the hypervisor refused to {action} VM {vm}: {cause}",
    tryThis: "The message is the hypervisor's own; `GetVMLogs` has the emulator's log.",
  },
  [Reason.VM_LOCKED_ELSEWHERE]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} holds its lease elsewhere: a second copy was not started",
    tryThis: "Find the host that runs it. Never break the lease while that host may be alive.",
  },
  [Reason.STALE_GENERATION]: {
    code: Code.Aborted,
    sentence: "generation {generation} of VM {vm} is older than {current}, which was carried out",
    tryThis: "Nothing: a newer order is in force.",
  },

  [Reason.NODE_UNREACHABLE]: {
    code: Code.Unavailable,
    sentence: "host {node} cannot be reached: {cause}",
    tryThis: "Check the host's power, network and node daemon; work resumes by itself when it is back.",
  },
  [Reason.NODE_HAS_VMS]: {
    code: Code.FailedPrecondition,
    sentence: "host {node} still has {count} VMs",
    tryThis: "Drain the host or delete its VMs first.",
  },
  [Reason.NODE_WRONG_STATE]: {
    code: Code.FailedPrecondition,
    sentence: "host {node} is {state}: {action} is for a host that is {allowed}",
    tryThis: "Bring the host into a state that allows it first.",
  },
  [Reason.JOIN_TOKEN_INVALID]: {
    code: Code.Unauthenticated,
    sentence: "the join token is unknown, used or expired",
    tryThis: "Make a new one with CreateJoinToken (`lqx node join-token`).",
  },
  [Reason.NODE_DRAIN_BLOCKED]: {
    code: Code.FailedPrecondition,
    sentence: "host {node} cannot be drained: {count} VMs cannot move",
    tryThis: "See the verdict of each VM; with force they are shut down instead.",
  },

  [Reason.IMAGE_NOT_READY]: {
    code: Code.FailedPrecondition,
    sentence: "image {image} is {phase}",
    tryThis: "Wait until it is READY, or import it again.",
  },
  [Reason.IMAGE_IN_USE]: {
    code: Code.FailedPrecondition,
    sentence: "image {image} is the base of {count} disks",
    tryThis: "Delete the VMs that use it first: {vms}.",
  },
  [Reason.IMAGE_FORMAT_UNKNOWN]: {
    code: Code.InvalidArgument,
    sentence: "the file is no disk image that we can use: {why}",
    tryThis: "Give a qcow2, raw, ISO, VMDK, VHD or VHDX file, or an OVA with one disk.",
  },
  [Reason.IMAGE_REFERS_TO_OTHER_FILES]: {
    code: Code.InvalidArgument,
    sentence: "the image refers to another file ({file}) and is refused: it could read files of the host",
    tryThis: "Flatten it first: qemu-img convert -O qcow2 IN OUT.",
  },
  [Reason.IMAGE_TRUNCATED]: {
    code: Code.InvalidArgument,
    sentence: "the image is damaged or incomplete: {why}",
    tryThis: "Fetch or upload the file again.",
  },
  [Reason.IMAGE_CHECKSUM_MISMATCH]: {
    code: Code.InvalidArgument,
    sentence: "the checksum is {actual}, not {expected}",
    tryThis: "Fetch the file again from a source you trust, or correct the checksum.",
  },
  [Reason.IMAGE_DOWNLOAD_FAILED]: {
    code: Code.FailedPrecondition,
    sentence: "{url} could not be fetched: {cause}",
    tryThis: "Check the address and that the host can reach it.",
  },
  [Reason.IMAGE_UPLOAD_INCOMPLETE]: {
    code: Code.FailedPrecondition,
    sentence: "the upload of image {image} continues at byte {offset}, not {given}",
    tryThis: "Ask GetUploadOffset and go on from there.",
  },
  [Reason.POOL_FULL]: {
    code: Code.ResourceExhausted,
    sentence: "storage pool {pool} is full: {needed} needed, {available} free",
    tryThis: "Free space in the pool or use another one.",
  },
  [Reason.POOL_UNAVAILABLE]: {
    code: Code.Unavailable,
    sentence: "storage pool {pool} cannot be used: {cause}",
    tryThis: "Check the pool on its host.",
  },
  [Reason.POOL_NOT_EMPTY]: {
    code: Code.FailedPrecondition,
    sentence: "storage pool {pool} still has {what}",
    tryThis: "Delete or move them first, those in the recycle bin too.",
  },
  [Reason.POOL_NOT_OURS]: {
    code: Code.FailedPrecondition,
    sentence: "the storage of pool {pool} cannot be taken into use: {why}",
    tryThis: "Give storage that is empty or that limiquantix used before; nothing on it was changed.",
  },
  [Reason.STORAGE_REFUSED]: {
    code: Code.Internal,
    sentence: "the storage of pool {pool} refused {what}: {why}",
    tryThis: "Read the storage's own words above; its log and the daemon's log have more.",
  },
  [Reason.VOLUME_WRONG_STATE]: {
    code: Code.FailedPrecondition,
    sentence: "volume {volume} is {state}, it must be {wanted}",
    tryThis: "Bring the volume into that state first.",
  },
  [Reason.VOLUME_HAS_SNAPSHOTS]: {
    code: Code.FailedPrecondition,
    sentence: "volume {volume} has {count} snapshots",
    tryThis: "Delete the VM's snapshots first.",
  },
  [Reason.SNAPSHOT_NOT_READY]: {
    code: Code.FailedPrecondition,
    sentence: "snapshot {snapshot} is {phase}",
    tryThis: "Wait until it is ready.",
  },
  [Reason.VM_IS_TEMPLATE]: {
    code: Code.FailedPrecondition,
    sentence: "VM {vm} is a template",
    tryThis: "Clone it, or convert it to a VM first.",
  },
  [Reason.DISK_TOO_SMALL_FOR_IMAGE]: {
    code: Code.InvalidArgument,
    sentence: "a disk of {size} cannot hold image {image}, which has {needed}",
    tryThis: "Make the disk at least as large as the image, or leave its size out.",
  },
  [Reason.DISK_CANNOT_SHRINK]: {
    code: Code.InvalidArgument,
    sentence: "disk {disk} has {current}; it cannot shrink to {wanted}",
    tryThis: "Disks only grow. Copy the data to a new, smaller disk.",
  },
  [Reason.NETWORK_UNAVAILABLE]: {
    code: Code.Unavailable,
    sentence: "network {network} is not ready on host {node}: {cause}",
    tryThis: "Check the network's status on that host.",
  },

  [Reason.SSH_KEY_INVALID]: {
    code: Code.InvalidArgument,
    sentence: "SSH key {index} cannot be used: {why}",
    tryThis: "Paste the whole line of the .pub file, one key each, none twice.",
  },
  [Reason.PASSWORD_TOO_WEAK]: {
    code: Code.InvalidArgument,
    sentence: "the password is too weak: {why}",
    tryThis: "Use at least 8 characters.",
  },
  [Reason.CLOUD_INIT_INVALID]: {
    code: Code.InvalidArgument,
    sentence: "the {part} is not usable: {why}",
    tryThis: "Correct the YAML; user-data begins with #cloud-config.",
  },
  [Reason.GUEST_SECRETS_UNREADABLE]: {
    code: Code.FailedPrecondition,
    sentence: "the password and user-data of VM {vm} cannot be read: they were sealed with another key",
    tryThis:
      "Delete the VM and create it again; or put back the secrets.key that the control plane's data directory had when the VM was asked for, restart the control plane and start the VM.",
  },
  [Reason.METRICS_HISTORY_UNAVAILABLE]: {
    code: Code.Unavailable,
    sentence: "measurements of before {since} cannot be read: {why}",
    tryThis: "Those of the last day are there. Check Prometheus, and the control plane's --prometheus-url.",
  },

  [Reason.PASSWORD_MUST_CHANGE]: {
    code: Code.PermissionDenied,
    sentence: "{who} must choose a password of their own first",
    tryThis: "Change the password (`lqx passwd`); everything else waits for that.",
  },
  [Reason.SECOND_FACTOR_NEEDED]: {
    code: Code.PermissionDenied,
    sentence: "{who} must set up a second factor first: the login policy asks for one",
    tryThis: "Set up an authenticator app (`lqx factor add-totp`) or a passkey; everything else waits for that.",
  },
  [Reason.LOGIN_EXPIRED]: {
    code: Code.Unauthenticated,
    sentence: "this login cannot be finished: {why}",
    tryThis: "Begin the login again.",
  },
  [Reason.PROVIDER_FAILED]: {
    code: Code.Unavailable,
    sentence: "identity provider {provider} could not vouch for the login: {why}",
    tryThis: "Try again; an administrator can look closer with `lqx provider test {provider}`.",
  },
  [Reason.LAST_ADMINISTRATOR]: {
    code: Code.FailedPrecondition,
    sentence: "nobody would be left who may administer everything: {who} is the last",
    tryThis: "Grant the role administrator on the root to somebody else first.",
  },
  [Reason.BUILT_IN]: {
    code: Code.FailedPrecondition,
    sentence: "{kind} {name} is built in and stays as it is",
    tryThis: "Make one of your own, and use that.",
  },
  [Reason.IN_USE]: {
    code: Code.FailedPrecondition,
    sentence: "{kind} {name} is in use: {by}",
    tryThis: "End that use first.",
  },
  [Reason.SCHEDULE_RUN_FAILED]: {
    code: Code.Aborted,
    sentence: "snapshot schedule {schedule} could not take snapshots of {failed} of {vms} VMs: {first}",
    tryThis:
      "`lqx snapshot schedule get {schedule}` says why, VM by VM; `lqx snapshot schedule run {schedule}` tries again.",
  },
  ...sharedDiskEntries,
  [Reason.CERTIFICATE_REVOKED]: {
    code: Code.Unauthenticated,
    sentence: "the certificate of {who} is not good: {why}",
    tryThis: "A host joins again with a new token (`lqx node join-command`); a person logs in again.",
  },
  [Reason.CERTIFICATE_NEEDED]: {
    code: Code.Unauthenticated,
    sentence: "this token is good only together with its client certificate",
    tryThis: "Use it from where it was made, or log in again.",
  },
} satisfies Record<Listed, CatalogueEntry>;

/** The entry of a reason; one that a newer peer sent and we do not know counts as internal. */
export function catalogueEntry(reason: Reason): CatalogueEntry {
  return (catalogue as Partial<Record<Reason, CatalogueEntry>>)[reason] ?? catalogue[Reason.INTERNAL];
}

/** `VM {vm} is {state}` with the params put in; one that is missing stays visible as its name. */
export function fill(template: string, params: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? name);
}
