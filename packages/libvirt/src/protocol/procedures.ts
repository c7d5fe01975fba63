import type { Decoded, Encodable } from "../xdr/types.ts";
import { connectProcedures } from "./connect.ts";
import { domainBlockProcedures } from "./domain-block.ts";
import { domainGuestProcedures } from "./domain-guest.ts";
import { domainJobProcedures } from "./domain-job.ts";
import { domainSnapshotProcedures } from "./domain-snapshot.ts";
import { domainProcedures } from "./domain.ts";
import { networkProcedures } from "./network.ts";
import { secretProcedures } from "./secret.ts";
import { storageProcedures } from "./storage.ts";

/**
 * The procedures this package knows: numbers, argument and reply layouts of libvirt's wire protocol. Names are the
 * protocol's, so libvirt's reference manual explains them (`DOMAIN_CREATE_WITH_FLAGS` is virDomainCreateWithFlags).
 * The wire is append-only: these are the same in libvirt 9.0 and 11.3.
 */
export const procedures = {
  ...connectProcedures,
  ...domainProcedures,
  ...domainBlockProcedures,
  ...domainJobProcedures,
  ...domainSnapshotProcedures,
  ...domainGuestProcedures,
  ...networkProcedures,
  ...storageProcedures,
  ...secretProcedures,
};

type Procedures = typeof procedures;
export type ProcedureName = keyof Procedures;
export type StreamProcedureName = {
  [N in ProcedureName]: Procedures[N] extends { readonly stream: true } ? N : never;
}[ProcedureName];
export type CallName = Exclude<ProcedureName, StreamProcedureName>;

/** What a procedure takes; fields with defaults (flags, null-able ones) may be left out. */
export type ProcedureArgs<N extends ProcedureName> = Encodable<Procedures[N]["args"]>;
/** What it answers. */
export type ProcedureResult<N extends ProcedureName> = Decoded<Procedures[N]["result"]>;
