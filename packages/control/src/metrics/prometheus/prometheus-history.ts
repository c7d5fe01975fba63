import type { Metric_Name as Name } from "@limiquantix/api";
import { sleep, type Clock, type Log } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import type { Database } from "../../store/database.ts";
import { gridWith, type Grid } from "../grid.ts";
import { readRange, type Answer } from "./answer.ts";
import { buildInfo } from "./families.ts";
import { promql, type Wanted } from "./promql.ts";

/** The way to a Prometheus, or to what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics). */
export interface PrometheusApi {
  /**
   * POSTs a form to a path below the server's address and answers the body, an error's too. Has a time limit and a limit
   * of bytes of its own; throws with a sentence that holds no secret and no address.
   */
  ask(path: string, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string>;
}

interface Parts {
  api: PrometheusApi;
  db: Database;
  clock: Clock;
  log: Log;
}

const mostAtOnce = 8;
const mostWaiting = 500;
const lookEveryMs = 300_000;
const retryMs = 15_000;
/** How far back is looked for the first measurement: points that are 6 h apart. */
const lookBack = { stepMs: 6 * 3_600_000, count: 4 * 400 };

/**
 * The history behind the last day, out of Prometheus, which scrapes it from `/metrics` (exposition.ts).
 *
 * Who answers what, and why. A question about the last day is answered by our own ring alone: it is as fine as what was
 * measured, goes on point for point in WatchMetrics, and needs nobody. Only a question that begins before that asks
 * Prometheus, for the whole of its time; of the last day the ring's value counts, and Prometheus's where the ring has a
 * gap, as after a loss of its file. So a gap is what neither knows, and a Prometheus that is down, slow or empty takes
 * nothing from the last day. The price: where the two meet, means of two kinds stand side by side, of each measurement
 * and of what was scraped.
 *
 * Whether Prometheus answers is found out by one small question, every five minutes and after a failure every 15 s, and
 * not by what people ask: while it does not, theirs is not made to wait, and one query that is too heavy for Prometheus
 * does not close it to the others.
 */
export class PrometheusHistory {
  /** Since when Prometheus has measurements; undefined: it has none, or did not say. */
  sinceMs: number | undefined;
  /** Why it cannot be asked; empty: it can. */
  problem = "";
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #looking: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#lookAgain();
  }

  stop(): void {
    this.#stop.abort(new Error("the control plane is being stopped"));
  }

  /** The mean of a metric at each point of the grid. Throws with a sentence that says why there is no answer. */
  async read(wanted: Wanted & { name: Name }, grid: Grid, signal: AbortSignal): Promise<Answer> {
    if (this.problem) throw new Error(this.problem);
    const query = promql(wanted, wanted.name, grid.stepMs);
    try {
      return await this.#range(query, grid, signal);
    } catch (cause) {
      // What is wrong with Prometheus, and what with this one query, is told apart by the small question.
      if (!signal.aborted) void this.look();
      throw cause;
    }
  }

  /** Asks whether Prometheus answers, and how far back it goes. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const toMs = this.#parts.clock.now();
    const grid = gridWith({ fromMs: toMs - lookBack.stepMs * lookBack.count, toMs, stepMs: lookBack.stepMs });
    try {
      const query = `max(present_over_time(${buildInfo}[5m]))`;
      const known = (await this.#range(query, grid, this.#stop.signal)).get("");
      const first = known?.findIndex((value) => !Number.isNaN(value)) ?? -1;
      this.sinceMs = first < 0 ? undefined : grid.startMs + (first + 1) * grid.stepMs;
      await this.#found("");
    } catch (cause) {
      if (this.#stop.signal.aborted) return;
      await this.#found(`Prometheus cannot be asked: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
  }

  /** A change is told once. */
  async #found(problem: string, cause?: unknown): Promise<void> {
    const before = this.problem;
    this.problem = problem;
    if ((before === "") === (problem === "")) return;
    const { db, clock, log } = this.#parts;
    const message = problem ? `charts show the last day only: ${problem}` : "Prometheus can be asked for history again";
    if (problem) log.warn(message, { err: cause });
    else log.info(message);
    const severity = problem ? "WARNING" : "INFO";
    const subject = { kind: "root", id: "", name: "" };
    await db
      .transact((tx) => recordEvent(tx, { clock, type: "metrics", severity, message, subject }))
      .catch((cause: unknown) => log.warn("record an event of the history of measurements", { err: cause }));
  }

  async #lookAgain(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stop;
    let lookedMs = -Infinity;
    while (!signal.aborted) {
      if (this.problem || clock.now() - lookedMs >= lookEveryMs) {
        await this.look();
        lookedMs = clock.now();
      }
      await sleep(clock, retryMs, { signal, background: true }).catch(() => {});
    }
  }

  async #range(query: string, grid: Grid, signal: AbortSignal): Promise<Answer> {
    const { startMs, stepMs, count } = grid;
    const seconds = (ms: number) => String(ms / 1000);
    const form = {
      query,
      // A point stands for the step that begins there: it is asked for at its end.
      start: seconds(startMs + stepMs),
      end: seconds(startMs + count * stepMs),
      step: seconds(stepMs),
      timeout: "10s",
    };
    await this.#turn();
    try {
      signal.throwIfAborted();
      return readRange(await this.#parts.api.ask("/api/v1/query_range", form, signal), grid);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= mostAtOnce) {
      if (this.#waiting.length >= mostWaiting) throw new Error("too much is asked of it at once");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}
