import { ConnectError, Code, type Interceptor } from "@connectrpc/connect";
import { Node_Phase, Task_State, VmStatus_PowerState, type Task } from "@limiquantix/api";
import { nodes, tasks, vms, type Database } from "@limiquantix/control";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the control plane says of itself: the process, each RPC's calls and times, tasks, and how many VMs and hosts are in which state. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #seconds: Histogram<"method" | "code">;
  readonly #streams: Counter<"method" | "code">;

  constructor(db: Database) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#seconds = new Histogram({
      name: "limiquantix_rpc_duration_seconds",
      help: "How long unary calls took",
      labelNames: ["method", "code"],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.#streams = new Counter({
      name: "limiquantix_rpc_streams_total",
      help: "Streaming calls that began",
      labelNames: ["method", "code"],
      registers,
    });
    this.#registry.registerMetric(
      stateGauge({
        name: "limiquantix_vms",
        help: "VMs by power state",
        states: function* () {
          for (const vm of db.all(vms)) yield VmStatus_PowerState[vm.status?.state ?? VmStatus_PowerState.UNKNOWN];
        },
      }),
    );
    this.#registry.registerMetric(
      stateGauge({
        name: "limiquantix_nodes",
        help: "Hosts by phase",
        states: function* () {
          for (const node of db.all(nodes)) yield Node_Phase[node.status?.phase ?? Node_Phase.UNKNOWN];
        },
      }),
    );
    this.#registry.registerMetric(
      stateGauge({
        name: "limiquantix_tasks_open",
        help: "Tasks that wait or run",
        states: function* () {
          for (const task of db.by(tasks, "open", "yes")) yield Task_State[task.state];
        },
      }),
    );
    this.#countFinishedTasks(db);
    this.#registry.registerMetric(
      new Gauge({
        name: "limiquantix_store_revision",
        help: "The newest commit that reads see",
        registers: [],
        collect() {
          this.set(db.revision);
        },
      }),
    );
  }

  #countFinishedTasks(db: Database): void {
    const finished = new Counter({
      name: "limiquantix_tasks_finished_total",
      help: "Tasks that ended since the start of the control plane",
      labelNames: ["kind", "state"],
      registers: [this.#registry],
    });
    const ends: ReadonlySet<Task_State> = new Set([Task_State.SUCCEEDED, Task_State.FAILED, Task_State.CANCELLED]);
    db.subscribe((changes) => {
      for (const { table, before, after } of changes) {
        if (table.kind !== tasks.kind || !after) continue;
        const { kind, state } = after as Task;
        if (ends.has(state) && (before as Task | undefined)?.state !== state) {
          finished.inc({ kind, state: Task_State[state] });
        }
      }
    });
  }

  /** Goes around all other interceptors, so that it sees what the caller sees. */
  readonly interceptor: Interceptor = (next) => async (request) => {
    const method = `${request.service.typeName}/${request.method.name}`;
    const began = performance.now();
    const done = (code: string) => {
      if (request.stream) this.#streams.inc({ method, code });
      else this.#seconds.observe({ method, code }, (performance.now() - began) / 1000);
    };
    try {
      const response = await next(request);
      done("ok");
      return response;
    } catch (error) {
      done(codeName(ConnectError.from(error).code));
      throw error;
    }
  };

  /** In text format 0.0.4. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }
}

function stateGauge(options: {
  name: string;
  help: string;
  states: () => Iterable<string | undefined>;
}): Gauge<"state"> {
  const { name, help, states } = options;
  return new Gauge({
    name,
    help,
    registers: [],
    labelNames: ["state"],
    collect() {
      const counts = new Map<string, number>();
      for (const state of states()) counts.set(state ?? "UNKNOWN", (counts.get(state ?? "UNKNOWN") ?? 0) + 1);
      this.reset();
      for (const [state, count] of counts) this.set({ state }, count);
    },
  });
}

function codeName(code: Code): string {
  return Code[code].replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
