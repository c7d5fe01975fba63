import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  ImageService,
  invalid,
  isProblem,
  Reason,
  toConnectError,
  type Problem,
} from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import { uploadIdleMs } from "./limits.ts";
import { callsOf } from "./own-calls.ts";
import { cutOff, type RpcHandler } from "./rpc-handler.ts";
import { timedBody } from "./timed-body.ts";

/*
 * The file of an image by tus 1.0.0 (https://tus.io/protocols/resumable-upload, the core protocol): for browsers, which
 * can send no stream of messages. ImageService.CreateImage makes the upload, whose length is spec.source.sizeBytes.
 *
 *   HEAD  /uploads/images/<id>   → 200, Upload-Offset, Upload-Length
 *   PATCH /uploads/images/<id>   Upload-Offset: where the body belongs → 204, Upload-Offset: where to go on
 *                                409: it belongs elsewhere; Upload-Offset tells where
 *
 * Who may do what is decided by the RPCs that this makes of it. A body may end anywhere: what came is kept.
 */

const version = "1.0.0";
const contentType = "application/offset+octet-stream";

type Images = Client<typeof ImageService>;

export interface UploadParts {
  handlers: RpcHandler["handlers"];
  log: Log;
}

/** Answers undefined for a path that is no upload's. */
export function imageUploads({ handlers, log }: UploadParts): (path: string) => RequestListener | undefined {
  return (path) => {
    const imageId = /^\/uploads\/images\/([0-9a-f-]{36})$/.exec(path)?.[1];
    if (!imageId) return undefined;
    return (request, response) => {
      cutOff(request, response);
      const images = createClient(ImageService, callsOf(request, handlers));
      answer({ request, response, images, imageId }).catch((cause: unknown) => refuse(response, cause, log));
    };
  };
}

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  images: Images;
  imageId: string;
}

async function answer(asked: Asked): Promise<void> {
  const { request, response, images, imageId } = asked;
  response.setHeader("tus-resumable", version);
  response.setHeader("tus-version", version);
  if (request.method === "OPTIONS") return end(response, 204);
  if (request.method !== "HEAD" && request.method !== "PATCH") {
    response.setHeader("allow", "OPTIONS, HEAD, PATCH");
    return end(response, 405);
  }
  if (request.headers["tus-resumable"] !== version) return end(response, 412);
  if (request.method === "PATCH") return patch(asked);
  const [length, offset] = [await lengthOf(images, imageId), (await images.getUploadOffset({ imageId })).offset];
  response.setHeader("upload-length", String(length));
  response.setHeader("upload-offset", String(offset));
  end(response, 200);
}

async function patch({ request, response, images, imageId }: Asked): Promise<void> {
  if (request.headers["content-type"] !== contentType) return end(response, 415);
  const given = request.headers["upload-offset"];
  if (typeof given !== "string" || !/^\d{1,15}$/.test(given)) {
    throw invalid([{ field: "Upload-Offset", message: "must say at which byte the body begins" }]);
  }
  const length = await lengthOf(images, imageId);
  const { offset } = await images.getUploadOffset({ imageId });
  response.setHeader("upload-offset", String(offset));
  if (BigInt(given) !== offset) return end(response, 409);
  if (offset + BigInt(request.headers["content-length"] ?? 0) > length) return end(response, 413);
  const reached = await send({ request, response, images, imageId }, { offset, length });
  response.setHeader("upload-offset", String(reached));
  end(response, 204);
}

/** Hands the body on; answers how much of the file is safely with its host. */
async function send(asked: Asked, { offset, length }: { offset: bigint; length: bigint }): Promise<bigint> {
  const { request, response, images, imageId } = asked;
  async function* messages() {
    yield { part: { case: "header" as const, value: { imageId, offset } } };
    for await (const value of timedBody(request, { idleMs: uploadIdleMs })) {
      if (value.length > 0) yield { part: { case: "chunk" as const, value } };
    }
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  try {
    await images.uploadImage(messages(), { signal: gone.signal });
    return length;
  } catch (cause) {
    const failure = fromConnectError(cause);
    if (failure.reason !== Reason.IMAGE_UPLOAD_INCOMPLETE) throw cause;
    return (await images.getUploadOffset({ imageId })).offset;
  }
}

async function lengthOf(images: Images, id: string): Promise<bigint> {
  const length = (await images.getImage({ id })).spec?.source?.sizeBytes ?? 0n;
  if (length > 0n) return length;
  throw invalid([{ field: "spec.source.sizeBytes", message: "was not told when the image was made" }]);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? {} : { "content-length": 0 });
  response.end();
}

const statuses: ReadonlyMap<Code, number> = new Map([
  [Code.Unauthenticated, 401],
  [Code.PermissionDenied, 403],
  [Code.NotFound, 404],
  [Code.DeadlineExceeded, 408],
  [Code.FailedPrecondition, 422],
  [Code.ResourceExhausted, 429],
  [Code.Internal, 500],
  [Code.Unknown, 500],
  [Code.Unavailable, 503],
]);

function refuse(response: ServerResponse, cause: unknown, log: Log): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  if (!isProblem(cause) && !(cause instanceof ConnectError)) log.error("take an upload", { err: cause });
  const failure: Problem = fromConnectError(cause, "the control plane");
  const { code } = cause instanceof ConnectError ? cause : toConnectError(failure, "");
  // A full pool is no reason to come back soon.
  const status = failure.reason === Reason.POOL_FULL ? 507 : (statuses.get(code) ?? 400);
  if (status === 429) response.setHeader("retry-after", failure.params["seconds"] ?? "1");
  if (status === 401) response.setHeader("www-authenticate", "Bearer");
  const { message, tryThis } = failure;
  const body = `${JSON.stringify({ reason: Reason[failure.reason], message, tryThis })}\n`;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
