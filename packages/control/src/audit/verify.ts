import { create } from "@bufbuild/protobuf";
import { VerifyAuditResponseSchema, type AuditRecord, type VerifyAuditResponse } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { firstPreviousHash, hashOf } from "./canonical.ts";
import { auditHeads, auditId, auditLog, chainHeadId } from "./tables.ts";

const pageSize = 500;

/** A head that was written down elsewhere; empty: none was. */
export interface KnownHead {
  id: string;
  hash: string;
}

/** Goes through the chain from its first record to its end; the first thing that does not fit is the answer. */
export async function verifyChain(db: Database, known: KnownHead, signal: AbortSignal): Promise<VerifyAuditResponse> {
  const head = db.find(auditHeads, chainHeadId);
  const answer = create(VerifyAuditResponseSchema, { headId: auditId(0n), headHash: firstPreviousHash });
  const broken = (brokenId: string, why: string) => Object.assign(answer, { brokenId, why });
  let sequence = 0n;
  for (let rows = 1; rows > 0;) {
    signal.throwIfAborted();
    const { records, unreadable } = await readPage(db, answer.headId);
    rows = records.length;
    for (const record of records) {
      const expected = auditId(++sequence);
      const why = flawOf(record, expected, answer.headHash);
      if (why) return broken(expected, why);
      if (head?.sequence === sequence && head.hash !== record.hash) {
        return broken(expected, "the end of the chain was another record when it was last added to");
      }
      if (known.id === expected && known.hash.toLowerCase() !== record.hash) {
        return broken(expected, `its hash is not the one that was written down: ${known.hash}`);
      }
      Object.assign(answer, { records: sequence, headId: expected, headHash: record.hash });
    }
    if (unreadable) return broken(auditId(sequence + 1n), "the record cannot be read");
  }
  const next = auditId(sequence + 1n);
  if (head && head.sequence > sequence) {
    return broken(next, `the chain ends at ${answer.headId}, and went to ${auditId(head.sequence)}`);
  }
  if (known.id > answer.headId) return broken(next, `the chain ends before ${known.id}, which was written down`);
  answer.intact = true;
  return answer;
}

function flawOf(record: AuditRecord, expectedId: string, previousHash: string): string | undefined {
  if (record.id !== expectedId)
    return record.id > expectedId ? "the record is missing" : "a record is in another's place";
  if (record.previousHash !== previousHash) return "it does not follow the record before";
  if (record.hash !== hashOf(record)) return "it was changed: its hash is of something else";
  return undefined;
}

/** Up to the first record that cannot be read at all. */
async function readPage(db: Database, after: string): Promise<{ records: AuditRecord[]; unreadable: boolean }> {
  try {
    return { records: await db.page(auditLog, { after, limit: pageSize }), unreadable: false };
  } catch {
    const records: AuditRecord[] = [];
    for (let last = after; ;) {
      try {
        const [record] = await db.page(auditLog, { after: last, limit: 1 });
        if (!record) return { records, unreadable: false };
        if (record.id !== auditId(BigInt(last) + 1n) || records.length >= pageSize)
          return { records: [...records, record], unreadable: false };
        records.push(record);
        last = record.id;
      } catch {
        return { records, unreadable: true };
      }
    }
  }
}
