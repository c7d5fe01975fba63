import type { Interceptor } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  AuditRecord_Outcome,
  catalogueEntry,
  ErrorDetailSchema,
  fromConnectError,
  Problem,
  Reason,
  requestIdKey,
  type AuditRecord,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { Inventory, isObjectKind } from "../access/inventory.ts";
import { callerKey, peerKey } from "../rpc/context.ts";
import type { Principal } from "../rpc/call.ts";
import type { Database } from "../store/database.ts";
import { auditKey, newAuditEntry, type AuditEntry } from "./entry.ts";
import { accessRuleOf } from "./methods.ts";
import { aboutRequest, beginRecord, setAbout } from "./record.ts";
import type { AuditRecorder } from "./recorder.ts";
import { objectInAnswer } from "./subjects.ts";

const nobody: Principal = { kind: "nobody", id: "", name: "nobody" };

/**
 * Leaves a record of each call that does not only read, unless the call left it in its own transaction, and of each
 * that was denied. It stands outside of authentication, and inside of the translation of errors.
 */
export function auditInterceptor(parts: { db: Database; clock: Clock; recorder: AuditRecorder }): Interceptor {
  const { db, clock, recorder } = parts;
  return (next) => async (request) => {
    const method = `${request.service.name}.${request.method.name}`;
    const rule = accessRuleOf(method);
    const entry = newAuditEntry(request.stream ? undefined : request.message);
    request.contextValues.set(auditKey, entry);
    const begin = () => {
      const caller = {
        principal: request.contextValues.get(callerKey)?.principal ?? nobody,
        peer: request.contextValues.get(peerKey),
        requestId: request.contextValues.get(requestIdKey),
      };
      const record = beginRecord(caller, method, clock.now());
      describeRequest(db, record, entry);
      return record;
    };
    const succeeded = async (answer: object | undefined) => {
      if (!rule || rule.reads || entry.recorded) return;
      const record = begin();
      record.outcome = AuditRecord_Outcome.SUCCEEDED;
      record.message = entry.note;
      if (answer) describeAnswer(record, answer);
      await recorder.write(record);
    };
    const failed = (error: unknown) => {
      if (entry.recorded) return;
      const denied = isDenial(db, error);
      if (!denied && (!rule || rule.reads)) return;
      const record = begin();
      record.outcome = AuditRecord_Outcome[denied ? "DENIED" : "FAILED"];
      describeError(record, error);
      // Not waited for: who is refused learns nothing of the log.
      void recorder.write(record);
    };
    try {
      const response = await next(request);
      if (response.stream) {
        return { ...response, message: followed(response.message, { succeeded: () => succeeded(undefined), failed }) };
      }
      await succeeded(response.message);
      return response;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

/** A stream that says how it ended. */
async function* followed<T>(
  messages: AsyncIterable<T>,
  end: { succeeded: () => Promise<void>; failed: (error: unknown) => void },
): AsyncGenerator<T, undefined> {
  try {
    yield* messages;
  } catch (error) {
    end.failed(error);
    throw error;
  }
  await end.succeeded();
}

function describeRequest(db: Database, record: AuditRecord, { request }: AuditEntry): void {
  if (!request) return;
  record.dryRun = "dryRun" in request && request.dryRun === true;
  setAbout(record, aboutRequest(db, record.method, request));
}

/** In what a request is about them, something is made. */
const containers: ReadonlySet<string> = new Set(["root", "project", "folder"]);

/** Who logged in, which host registered, which object came of it. */
function describeAnswer(record: AuditRecord, answer: object): void {
  const found = objectInAnswer(answer);
  if (!found) return;
  const { object, projectId } = found;
  if (!record.object?.name || containers.has(record.object.kind))
    setAbout(record, { object, projectId: projectId || record.projectId });
  if (record.actorKind === "nobody" && object.kind === "user") {
    Object.assign(record, { actorKind: "user", actorId: object.id, actorName: object.name });
  }
}

/** Reasons whose sentence may quote what was sent. */
const quoting: ReadonlySet<Reason> = new Set([Reason.INVALID_REQUEST, Reason.CLOUD_INIT_INVALID]);
const maxMessage = 1_000;

function describeError(record: AuditRecord, error: unknown): void {
  const problem = problemOf(error);
  if (!problem) {
    record.reason = error instanceof ConnectError ? (Code[error.code] ?? "") : Reason[Reason.INTERNAL];
    return;
  }
  record.reason = Reason[problem.reason];
  const { fields, message, reason } = problem;
  record.message = (quoting.has(reason) ? fields.map(({ field }) => field).join(", ") : message).slice(0, maxMessage);
}

/**
 * Whether a call failed for want of a proof or a privilege. A thing that is there, and was not found, was hidden.
 */
function isDenial(db: Database, error: unknown): boolean {
  const problem = problemOf(error);
  if (!problem) return error instanceof ConnectError && denials.has(error.code);
  if (denials.has(catalogueEntry(problem.reason).code)) return true;
  if (problem.reason !== Reason.NOT_FOUND) return false;
  const { kind = "", id = "" } = problem.params;
  const noun = kind.toLowerCase();
  return isObjectKind(noun) && id !== "" && new Inventory(db).candidates(noun, id).length > 0;
}

const denials: ReadonlySet<Code> = new Set([Code.Unauthenticated, Code.PermissionDenied]);

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const told = error instanceof ConnectError && error.findDetails(ErrorDetailSchema).length > 0;
  return told ? fromConnectError(error) : undefined;
}
