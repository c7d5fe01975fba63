import { problem, Reason } from "@limiquantix/api";
import { type Log, type LogFields, newId } from "@limiquantix/kit";
import type { ImageLibrary, MemoryFiles, VolumeBackend, VolumeLayers, VolumeSnapshots } from "@limiquantix/node";
import { type ByteLink, MessageStream } from "./message-stream.ts";
import type { Answer, BackendFacts, Calls, Method, Piece, ToClient, ToHost } from "./messages.ts";
import { ComingBytes, GoingBytes } from "./pieces.ts";
import { receiveError, sendError } from "./sent-error.ts";

/** Makes the backend that an order describes. */
export interface BackendMaker<Order> {
  open(order: Order, parts: { log: Log; secretFile: (secretId: string) => string | undefined }): Promise<Opened>;
  /** Undoes what opening did to this host, as far as no guest needs it. */
  release(order: Order): Promise<void>;
}

export interface Opened {
  backend: VolumeBackend;
  /** Answers as soon as the storage does, and touches it for that. */
  probe: () => Promise<void>;
}

interface Work {
  signal: AbortSignal;
  onProgress: (...values: number[]) => void;
  coming: ComingBytes;
  going: GoingBytes;
}

type Handlers = { [M in Method]: (work: Work, ...given: Parameters<Calls[M]>) => Promise<Answer<M>> };

/** The end of the line that has the storage: opens one backend and does with it what the other end asks. */
export class BackendHost<Order> {
  readonly #maker: BackendMaker<Order>;
  readonly #line: MessageStream<ToHost, ToClient>;
  readonly #secretFiles = new Map<string, string>();
  readonly #running = new Map<number, { abort: AbortController; coming: ComingBytes; going: GoingBytes }>();
  #opened: Opened | undefined;

  constructor(maker: BackendMaker<Order>, link: ByteLink) {
    this.#maker = maker;
    this.#line = new MessageStream(link);
  }

  /** Until the other end goes; what was under way then is ended. */
  async serve(): Promise<void> {
    try {
      for await (const message of this.#line.messages()) this.#take(message);
    } finally {
      for (const { abort, coming, going } of this.#running.values()) {
        abort.abort(new Error("whoever asked has gone"));
        coming.end(new Error("whoever sent it has gone"));
        going.stop();
      }
    }
  }

  #take(message: ToHost): void {
    if (message.kind === "call") return void this.#call(message.id, message.method, message.given);
    const running = this.#running.get(message.id);
    if (message.kind === "abort") {
      running?.abort.abort(receiveError(message.reason));
      running?.going.stop();
    } else if (message.kind === "used") running?.going.used();
    else running?.coming.take(message);
  }

  async #call(id: number, method: Method, given: unknown[]): Promise<void> {
    const send = (piece: Piece) => this.#line.send(piece);
    const running = {
      abort: new AbortController(),
      coming: new ComingBytes(id, send),
      going: new GoingBytes(id, send),
    };
    this.#running.set(id, running);
    const { signal } = running.abort;
    const onProgress = (...values: number[]) => this.#line.send({ kind: "progress", id, values });
    try {
      const handler = this.#handlers[method] as (work: Work, ...given: unknown[]) => Promise<unknown>;
      const value = await handler({ signal, onProgress, coming: running.coming, going: running.going }, ...given);
      this.#line.send({ kind: "answer", id, value });
    } catch (error) {
      const aborted = signal.aborted && error === signal.reason;
      this.#line.send({ kind: "failure", id, error: sendError(error), aborted });
    } finally {
      running.coming.end();
      this.#running.delete(id);
    }
  }

  get #open(): VolumeBackend {
    if (!this.#opened) throw new Error("nothing is open yet");
    return this.#opened.backend;
  }

  get #snapshots(): VolumeSnapshots {
    return this.#part("snapshots", this.#open.snapshots);
  }

  get #layers(): VolumeLayers {
    return this.#part("snapshots", this.#open.snapshots?.layers);
  }

  get #memory(): MemoryFiles {
    return this.#part("memory", this.#open.memory);
  }

  get #images(): ImageLibrary {
    return this.#part("images", this.#open.images);
  }

  #part<T>(name: string, part: T | undefined): T {
    if (part) return part;
    const why = this.#open.capabilities.unsupported[name] ?? "this storage has none";
    throw problem(Reason.UNSUPPORTED, { what: name, why });
  }

  readonly #handlers: Handlers = {
    open: async (_, order) => {
      const log = this.#log();
      const secretFile = (secretId: string) => this.#secretFiles.get(secretId);
      this.#opened = await this.#maker.open(order as Order, { log, secretFile });
      return factsOf(this.#opened.backend);
    },
    release: async (_, order) => {
      await this.#opened?.backend[Symbol.asyncDispose]();
      this.#opened = undefined;
      await this.#maker.release(order as Order);
    },
    probe: async () => this.#opened?.probe(),
    capacity: () => this.#open.capacity(),
    ensureVolume: ({ signal, onProgress }, request, secretFile) => {
      const { from } = request;
      if (from?.kind === "source" && from.source.kind === "rbd" && from.source.secretId && secretFile)
        this.#secretFiles.set(from.source.secretId, secretFile);
      return this.#open.ensureVolume({ ...request, signal, onProgress });
    },
    findVolume: (_, volumeId) => this.#open.findVolume(volumeId),
    attach: (_, volumeId, options) => this.#open.attach(volumeId, options),
    detach: (_, volumeId) => this.#open.detach(volumeId),
    growVolume: (_, ...given) => this.#open.growVolume(...given),
    deleteVolume: (_, volumeId) => this.#open.deleteVolume(volumeId),
    listVolumes: () => this.#open.listVolumes(),
    listFiles: (_, limit) => this.#open.listFiles(limit),
    ensureSeed: (_, vmId, files) => this.#open.ensureSeed(vmId, files),
    readSeed: (_, vmId) => this.#open.readSeed(vmId),
    deleteSeed: (_, vmId) => this.#open.deleteSeed(vmId),
    "snapshots.create": (_, ...given) => this.#snapshots.create(...given),
    "snapshots.revert": (_, ...given) => this.#snapshots.revert(...given),
    "snapshots.delete": ({ signal, onProgress }, volumeId, snapshotId) =>
      this.#snapshots.delete(volumeId, snapshotId, { signal, onProgress }),
    "snapshots.usedBytes": (_, ...given) => this.#snapshots.usedBytes(...given),
    "layers.prepare": (_, ...given) => this.#layers.prepare(...given),
    "layers.planMerge": (_, ...given) => this.#layers.planMerge(...given),
    "layers.settle": (_, ...given) => this.#layers.settle(...given),
    "memory.sizeBytes": (_, snapshotId) => this.#memory.sizeBytes(snapshotId),
    "memory.delete": (_, snapshotId) => this.#memory.delete(snapshotId),
    "images.find": (_, imageId) => this.#images.find(imageId),
    "images.list": () => this.#images.list(),
    "images.offset": (_, imageId) => this.#images.offset(imageId),
    "images.write": ({ coming }, upload) => this.#images.write({ ...upload, chunks: coming.bytes() }),
    "images.download": ({ signal, onProgress }, request) => this.#images.download({ ...request, signal, onProgress }),
    "images.convert": ({ signal, onProgress }, imageId) => this.#images.convert(imageId, { signal, onProgress }),
    "images.read": ({ going }, imageId, offset) => going.run(this.#images.read(imageId, offset)),
    "images.delete": (_, imageId) => this.#images.delete(imageId),
  };

  #log(fixed: LogFields = {}): Log {
    const say = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: LogFields) => {
      const all = Object.entries({ ...fixed, ...fields }).map(([name, value]) => [name, String(value)] as const);
      this.#line.send({ kind: "log", level, message, fields: Object.fromEntries(all) });
    };
    return {
      debug: say("debug"),
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      child: (fields) => this.#log({ ...fixed, ...fields }),
    };
  }
}

function factsOf(backend: VolumeBackend): BackendFacts {
  const { snapshots, memory } = backend;
  const sampleId = newId();
  return {
    pool: backend.pool,
    backend: backend.backend,
    capabilities: backend.capabilities,
    hasImages: backend.images !== undefined,
    snapshots: snapshots && { how: snapshots.how, hasLayers: snapshots.layers !== undefined },
    memory: memory && { path: memory.path(sampleId), sampleId },
  };
}
