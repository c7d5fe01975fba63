import { clone } from "@bufbuild/protobuf";
import { AuditRecord_Outcome, AuditRecordSchema, type AuditRecord } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";

const windowMs = 60_000;
/** Records a minute from one address by one method, and from all. */
const perSource = 20;
const overall = 600;

/** What anybody can do as often as they like, and with success. */
const idle: ReadonlySet<string> = new Set(["AuthService.StartPasskeyLogin", "AuthService.StartOidcLogin"]);

/**
 * Bounds what people can write into the log who may do nothing: of calls that were denied, and of those by nobody that
 * failed or prove nothing, so many a minute are kept, and of the rest one record says how many they were. A login that
 * succeeded is always kept, however many failed before it.
 */
export class FloodGate {
  readonly #clock: Clock;
  readonly #tell: (summary: AuditRecord) => void;
  readonly #sources = new Map<string, { kept: number; first: AuditRecord | undefined; more: number }>();
  #kept = 0;
  #timer: Disposable | undefined;

  /** `tell` gets the records that say how many there were. */
  constructor(clock: Clock, tell: (summary: AuditRecord) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether a record is to be kept. */
  admits(record: AuditRecord): boolean {
    const { outcome, actorKind, method } = record;
    if (outcome !== AuditRecord_Outcome.DENIED && actorKind !== "nobody") return true;
    if (outcome === AuditRecord_Outcome.SUCCEEDED && !idle.has(method)) return true;
    this.#timer ??= this.#clock.after(windowMs, () => this.close(), { background: true });
    const source = this.#sourceOf(record);
    if (source.kept < perSource && this.#kept < overall) {
      source.kept++;
      this.#kept++;
      return true;
    }
    source.first ??= record;
    source.more++;
    return false;
  }

  /** Ends the minute: tells of what was not kept. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const sources = [...this.#sources];
    this.#sources.clear();
    this.#kept = 0;
    for (const [key, { first, more }] of sources) if (first) this.#tell(this.#summaryOf(first, more, key === ""));
  }

  #sourceOf({ address, method }: AuditRecord) {
    const own = `${address} ${method}`;
    // When there is no more room in this minute, sources that are new in it count as one.
    const key = this.#sources.has(own) || this.#kept < overall ? own : "";
    let source = this.#sources.get(key);
    if (!source) this.#sources.set(key, (source = { kept: 0, first: undefined, more: 0 }));
    return source;
  }

  #summaryOf(first: AuditRecord, more: number, mixed: boolean): AuditRecord {
    const summary = clone(AuditRecordSchema, first);
    const { actorKind, actorId, actorName } = summary;
    const unnamed = { actorKind: "nobody", actorId: "", actorName: "nobody" };
    const actor = actorId ? { actorKind, actorId, actorName } : unnamed;
    const message = `${more} more like this within a minute${mixed ? ", from many addresses" : ""}`;
    Object.assign(summary, { ...actor, message, requestId: "", changes: [], object: undefined, projectId: "" });
    if (mixed) Object.assign(summary, { ...unnamed, address: "", method: "", tokenId: "" });
    return summary;
  }
}
