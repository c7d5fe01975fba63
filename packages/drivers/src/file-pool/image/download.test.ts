import { Reason } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { rawImage } from "../../testing/disk-images.ts";
import { temporaryDirectory } from "../../testing/temporary-directory.ts";
import { FilePool } from "../file-pool.ts";

const content = rawImage();

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
}

async function openImages() {
  const root = await temporaryDirectory();
  return (await FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog })).images;
}

const request = (url: string, more: object = {}) => ({
  imageId: newId(),
  url,
  sha256: "",
  sha512: "",
  signal: new AbortController().signal,
  onProgress: () => {},
  ...more,
});

describe("download", () => {
  it("fetches a file and tells of its progress", async () => {
    const url = await serve((_, res) => res.writeHead(200, { "content-length": content.length }).end(content));
    const progress: [number, number][] = [];
    const onProgress = (bytes: number, total: number) => progress.push([bytes, total]);
    const image = await (await openImages()).download(request(url, { onProgress }));
    expect(image.sizeBytes).toBe(content.length);
    expect(progress[0]).toEqual([0, content.length]);
    expect(progress.at(-1)).toEqual([content.length, content.length]);
  });

  it("goes on with a range when the line breaks", async () => {
    const ranges: (string | undefined)[] = [];
    const url = await serve((req, res) => {
      ranges.push(req.headers.range);
      const start = Number(/bytes=(\d+)-/.exec(req.headers.range ?? "")?.[1] ?? 0);
      const headers = { etag: '"v1"', "content-length": content.length - start };
      if (start > 0) {
        expect(req.headers["if-range"]).toBe('"v1"');
        const range = `bytes ${start}-${content.length - 1}/${content.length}`;
        res.writeHead(206, { ...headers, "content-range": range }).end(content.subarray(start));
      } else {
        res.writeHead(200, headers);
        res.write(content.subarray(0, 1_000_000), () => setImmediate(() => res.destroy()));
      }
    });
    const image = await (await openImages()).download(request(url));
    expect(image.sizeBytes).toBe(content.length);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.length).toBe(2);
  });

  it("starts anew where the server cannot go on", async () => {
    let calls = 0;
    const url = await serve((_, res) => {
      res.writeHead(200, { "content-length": content.length });
      if (++calls === 1) res.write(content.subarray(0, 1_000_000), () => setImmediate(() => res.destroy()));
      else res.end(content);
    });
    expect((await (await openImages()).download(request(url))).sizeBytes).toBe(content.length);
  });

  it("tries again after 503, and gives up at once after 404", async () => {
    let calls = 0;
    const busy = await serve((_, res) => (++calls === 1 ? res.writeHead(503).end() : res.end(content)));
    expect((await (await openImages()).download(request(busy))).sizeBytes).toBe(content.length);
    const gone = await serve((_, res) => res.writeHead(404).end());
    await expect((await openImages()).download(request(gone))).rejects.toMatchObject({
      reason: Reason.IMAGE_DOWNLOAD_FAILED,
      message: expect.stringContaining("404"),
    });
  });

  it.each(["file:///etc/passwd", "ftp://h/x", "nonsense"])("does not fetch %s", async (url) => {
    await expect((await openImages()).download(request(url))).rejects.toMatchObject({
      reason: Reason.IMAGE_DOWNLOAD_FAILED,
    });
  });

  it("stops when told to", async () => {
    const url = await serve((_, res) => void res.writeHead(200, { "content-length": content.length }).write("x"));
    const stop = new AbortController();
    const onProgress = (bytes: number) => bytes > 0 && stop.abort();
    await expect(
      (await openImages()).download(request(url, { signal: stop.signal, onProgress })),
    ).rejects.toMatchObject({ reason: Reason.CANCELLED });
  });

  it("does not keep a file with another checksum", async () => {
    const url = await serve((_, res) => res.end(content));
    const images = await openImages();
    const wanted = request(url, { sha256: "1".repeat(64) });
    await expect(images.download(wanted)).rejects.toMatchObject({ reason: Reason.IMAGE_CHECKSUM_MISMATCH });
    expect(await images.offset(wanted.imageId)).toBe(0);
  });
});
