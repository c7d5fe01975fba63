import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import {
  fromConnectError,
  ImageStatus_Phase,
  ImageTaskResponseSchema,
  problem,
  Reason,
  type Image,
  type ImageTaskResponse,
} from "@limiquantix/api";
import { create } from "@bufbuild/protobuf";
import { backoffMs, MIB, sleep, systemClock } from "@limiquantix/kit";
import type { Cli } from "../../cli.ts";
import { showTransfer, type Transfer } from "../../output/transfer.ts";
import { getPool } from "../../rpc/resolve-pool.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";
import type { Labels } from "../../values/labels.ts";
import { finishImages } from "./finish-images.ts";
import { nameFromPath, osInfo } from "./source.ts";
import { parseVisibility } from "./visibility.ts";

export interface UploadFlags {
  name?: string;
  pool?: string;
  project?: string;
  defaultUser?: string;
  visibility?: string;
  os?: string;
  arch?: string;
  label?: Labels;
  description?: string;
  wait: boolean;
}

const chunkBytes = MIB;
/** A connection that breaks is made anew so often without a byte getting through. */
const attempts = 8;

/** Failures after which the rest of the file may well get through. */
const passing: ReadonlySet<Reason> = new Set([
  Reason.UNAVAILABLE,
  Reason.NODE_UNREACHABLE,
  Reason.IMAGE_UPLOAD_INCOMPLETE,
]);

/** Checks, makes the record, sends the file, waits until the image can be used. */
export async function uploadImage(cli: Cli, path: string, flags: UploadFlags): Promise<void> {
  const session = await cli.connect();
  await using file = await openFile(path);
  const { size } = await file.stat();
  const sha256 = await checksum(cli, file, size);
  const answer = await recordFor(session, { name: flags.name ?? nameFromPath(path), size, sha256, flags });
  const imageId = answer.image?.id ?? "";
  answer.image = await sendAll(cli, { session, file, size, imageId });
  await finishImages(cli, [answer], { session, flags: { wait: flags.wait }, action: "upload" });
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw new UsageError(`the file cannot be read: ${(error as Error).message}`);
  }
  const stat = await file.stat();
  if (stat.isFile() && stat.size > 0) return file;
  await file.close();
  throw new UsageError(`${path} is ${stat.isFile() ? "empty" : "no file"}`);
}

/** The server compares it with what arrived: a byte that was lost on the way does not become a guest's disk. */
async function checksum(cli: Cli, file: FileHandle, size: number): Promise<string> {
  using progress = showTransfer(cli, "checking", size);
  const hash = createHash("sha256");
  for await (const { chunk, end } of chunks(file, 0, size)) {
    hash.update(chunk);
    progress.update(end);
  }
  return hash.digest("hex");
}

interface Wanted {
  name: string;
  size: number;
  sha256: string;
  flags: UploadFlags;
}

/** The record to fill: one that an upload of this very file left behind, or a new one. */
async function recordFor(session: Session, { name, size, sha256, flags }: Wanted): Promise<ImageTaskResponse> {
  const project = flags.project ? await session.projects.getProject({ id: flags.project }) : undefined;
  const projectId = project?.id ?? "";
  const { images } = await session.images.listImages({ name, projectId, pageSize: 2 });
  const unfinished = images.find((image) => isUnfinished(image, size, sha256));
  if (unfinished) {
    const { tasks } = await session.tasks.listTasks({ targetId: unfinished.id, pageSize: 1 });
    return create(ImageTaskResponseSchema, { image: unfinished, task: tasks[0] });
  }
  const pool = flags.pool ? await getPool(session, flags.pool) : undefined;
  const visibility = flags.visibility === undefined ? undefined : parseVisibility(flags.visibility);
  return session.images.createImage({
    name,
    projectId,
    labels: flags.label ?? {},
    description: flags.description ?? "",
    spec: {
      os: osInfo(flags),
      defaultUser: flags.defaultUser ?? "",
      ...(visibility === undefined ? {} : { visibility }),
      storagePoolId: pool?.id ?? "",
      source: { sha256, sizeBytes: BigInt(size) },
    },
  });
}

function isUnfinished({ spec, status }: Image, size: number, sha256: string): boolean {
  const waiting = status?.phase === ImageStatus_Phase.PENDING || status?.phase === ImageStatus_Phase.DOWNLOADING;
  return waiting && spec?.source?.sizeBytes === BigInt(size) && spec.source.sha256 === sha256;
}

/** All of it has come; it may still be being converted. */
function isThere({ status }: Image): boolean {
  return status?.phase === ImageStatus_Phase.READY || status?.phase === ImageStatus_Phase.CONVERTING;
}

interface Sending {
  session: Session;
  file: FileHandle;
  size: number;
  imageId: string;
}

/** Sends from where the server has got to, again and again until it has all. */
async function sendAll(cli: Cli, { session, file, size, imageId }: Sending): Promise<Image> {
  using progress = showTransfer(cli, "uploading", size);
  let attempt = 0;
  let reached = -1;
  for (;;) {
    try {
      const offset = Number((await session.images.getUploadOffset({ imageId })).offset);
      if (offset > size)
        throw problem(Reason.IMAGE_UPLOAD_INCOMPLETE, { image: imageId, offset: String(offset), given: String(size) });
      if (offset > reached) attempt = 0;
      reached = offset;
      // All bytes are there, and yet the image may not be noted as complete: an upload of nothing more ends it.
      const image = await session.images.getImage({ id: imageId });
      if (isThere(image)) return image;
      progress.update(offset);
      return await session.images.uploadImage(parts({ file, size, imageId, offset, progress }));
    } catch (error) {
      const why = fromConnectError(error, session.server);
      if (!passing.has(why.reason) || ++attempt > attempts) throw why;
      await sleep(systemClock, backoffMs(attempt, { baseMs: 300, maxMs: 5000 }));
    }
  }
}

interface Parts {
  file: FileHandle;
  size: number;
  imageId: string;
  offset: number;
  progress: Transfer;
}

async function* parts({ file, size, imageId, offset, progress }: Parts) {
  yield { part: { case: "header" as const, value: { imageId, offset: BigInt(offset) } } };
  for await (const { chunk, end } of chunks(file, offset, size)) {
    yield { part: { case: "chunk" as const, value: chunk } };
    progress.update(end);
  }
}

async function* chunks(file: FileHandle, from: number, size: number) {
  for (let at = from; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new UsageError("the file got shorter while it was read");
    at += bytesRead;
    yield { chunk: buffer.subarray(0, bytesRead), end: at };
  }
}
