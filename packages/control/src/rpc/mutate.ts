import { clone, create, createRegistry, fromBinary, isMessage, toBinary } from "@bufbuild/protobuf";
import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { problem, publicServices, Reason } from "@limiquantix/api";
import { IdempotencyRowSchema } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { sha256 } from "@noble/hashes/sha2.js";
import { recordSuccess, Writes } from "../audit/recording.ts";
import type { Sealer } from "../identity/sealer.ts";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import type { Call } from "./call.ts";
import { idempotency, idempotencyId, isInForce } from "./idempotency-table.ts";

export interface Mutation<Response extends DescMessage> {
  /** VMService.CreateVM: an idempotency key is the caller's own within a method, and the audit log calls it so. */
  method: string;
  request: Message & { idempotencyKey?: string; dryRun?: boolean };
  response: Response;
  /** Takes out what must not be kept for repeats: a secret that is shown once. */
  forRepeats?: (response: MessageShape<Response>) => void;
}

const dayMs = 24 * 3600 * 1000;

/**
 * Carries out a mutation: `work` in one transaction, or on a dry run only as a preview. Under an idempotency key the
 * answer is kept for a day in the same transaction, and a repeat gets it again; another request under the key throws
 * IDEMPOTENCY_KEY_REUSED. The objects in the answer that were written carry the commit's revision.
 * The audit record of what was done is part of the same transaction.
 * Requests that may hold secrets need a sealer: what is kept of them then tells nothing about a secret that is guessed.
 */
export async function mutate<Response extends DescMessage>(
  { db, clock, sealer }: { db: Database; clock: Clock; sealer?: Sealer },
  call: Call,
  mutation: Mutation<Response>,
  work: (tx: Transaction) => MessageShape<Response>,
): Promise<MessageShape<Response>> {
  const { request, response: schema } = mutation;
  if (request.dryRun) return clone(schema, db.preview(work));

  const id = request.idempotencyKey
    ? idempotencyId(call.principal, mutation.method, request.idempotencyKey)
    : undefined;
  const requestHash = id ? hash(request, sealer?.fingerprint ?? sha256) : undefined;
  let before = 0;
  let written: ReadonlySet<string> = new Set();
  const outcome = await db.transact((tx): { answer: MessageShape<Response>; repeated?: { at: bigint } } => {
    before = db.revision;
    const carryOut = () => {
      const writes = new Writes();
      written = writes.ids;
      const done = clone(schema, work(writes.noting(tx)));
      recordSuccess(tx, { db, clock, caller: call }, mutation, writes);
      return done;
    };
    if (!id || !requestHash) return { answer: carryOut() };

    const row = tx.find(idempotency, id);
    if (row && isInForce(row, clock)) {
      if (!equalBytes(row.requestHash, requestHash)) {
        throw problem(Reason.IDEMPOTENCY_KEY_REUSED, { key: request.idempotencyKey ?? "" });
      }
      written = new Set(row.writtenIds);
      return { answer: fromBinary(schema, row.response), repeated: { at: row.revision } };
    }
    const answer = carryOut();
    const kept = clone(schema, answer);
    mutation.forRepeats?.(kept);
    const fresh = create(IdempotencyRowSchema, {
      id,
      requestHash,
      response: toBinary(schema, kept),
      expiresAt: timestampFromMs(clock.now() + dayMs),
      writtenIds: [...written],
    });
    if (row) tx.update(idempotency, id, (copy) => void Object.assign(copy, fresh, { revision: copy.revision }));
    else tx.insert(idempotency, fresh);
    return { answer };
  });
  const { answer, repeated } = outcome;
  if (call.audit && repeated) call.audit.note = "repeated: the first answer was given again";
  else if (call.audit) call.audit.recorded = true;
  if (repeated) stamp(answer, (rowId) => (written.has(rowId) ? repeated.at : undefined));
  else stampFromCommits(db, answer, written, before);
  return answer;
}

/** Deletes what was kept for repeats and has expired. */
export async function sweepIdempotency({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  await deleteWhere(db, idempotency, (row) => !isInForce(row, clock));
}

/** Every file with a public service, and so every request. */
const requests = createRegistry(...new Set(publicServices.map(({ file }) => file)));

function hash(request: Message, digest: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const schema = requests.getMessage(request.$typeName);
  if (!schema) throw new Error(`${request.$typeName} is no request of a service that mutates`);
  return digest(toBinary(schema, request));
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * Gives the objects that were written the revision of the commit that wrote them: the first one behind `before` that
 * has them, since had another commit touched one between, the transaction would have run again. What no commit has was
 * written unchanged, and keeps the revision it had.
 */
function stampFromCommits(db: Database, answer: Message, written: ReadonlySet<string>, before: number): void {
  const revisions = new Map<string, bigint>();
  for (const commit of db.changesSince(before) ?? []) {
    for (const { id } of commit.changes) if (!revisions.has(id)) revisions.set(id, BigInt(commit.revision));
  }
  stamp(answer, (id) => (written.has(id) ? revisions.get(id) : undefined));
}

function stamp(answer: Message, revisionOf: (id: string) => bigint | undefined): void {
  for (const message of [answer, ...Object.values(answer)]) {
    if (isMessage(message) && isVersioned(message)) message.revision = revisionOf(message.id) ?? message.revision;
  }
}

function isVersioned(message: Message): message is Message & { id: string; revision: bigint } {
  return "id" in message && "revision" in message && typeof message.revision === "bigint";
}
