import { expect, test, vi } from "vitest";
import { formatOf, headBytes } from "./file-format.ts";
import { guessFrom } from "./file-name.ts";
import { UploadRefused, type Sender } from "./sender.ts";
import { duration, Speed } from "./speed.ts";
import { isFileOf, noteUnfinished, forgetUnfinished, unfinishedUploads } from "./unfinished.ts";
import { Upload } from "./upload.ts";

const head = (at: number, text: string | number[]) => {
  const bytes = new Uint8Array(headBytes);
  bytes.set(typeof text === "string" ? new TextEncoder().encode(text) : text, at);
  return bytes;
};

test.each([
  ["qcow2", head(0, [0x51, 0x46, 0x49, 0xfb]), true],
  ["ISO 9660", head(0x8001, "CD001"), true],
  ["raw", head(510, [0x55, 0xaa]), true],
  ["VMDK", head(0, "KDMV"), false],
  ["VHDX", head(0, "vhdxfile"), false],
  ["VDI", head(0x40, [0x7f, 0x10, 0xda, 0xbe]), false],
  ["OVA (tar)", head(257, "ustar"), false],
  ["gzip", head(0, [0x1f, 0x8b]), false],
  ["xz", head(0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), false],
])("%s is known by its first bytes", (name, bytes, usable) => {
  const found = formatOf(bytes, 10_000_000);
  expect(found.name).toBe(name);
  expect(found.why === undefined).toBe(usable);
});

test("what is empty, or no disk, is not sent", () => {
  expect(formatOf(new Uint8Array(), 0).why).toContain("empty");
  expect(formatOf(head(0, "hello"), 1000)).toMatchObject({
    name: "unknown",
    why: expect.stringContaining("neither") as string,
  });
});

test.each([
  ["debian-12-genericcloud-amd64.qcow2", "debian-12-genericcloud-amd64", "debian", "12", "debian"],
  ["noble-server-cloudimg-amd64.img", "noble-server-cloudimg-amd64", "ubuntu", "", "ubuntu"],
  ["ubuntu-24.04.1-desktop.iso", "ubuntu-24.04.1-desktop", "ubuntu", "24.04", "ubuntu"],
  ["Rocky-9-GenericCloud.latest.x86_64.qcow2", "Rocky-9-GenericCloud.latest.x86_64", "rocky", "9", "rocky"],
  ["Win11 (German)!.iso", "Win11 -German", "windows", "11", ""],
  ["_.qcow2", "image", "", "", ""],
  ["search.img", "search", "", "", ""],
])("%s", (file, name, distribution, version, defaultUser) => {
  expect(guessFrom(file)).toEqual({ name, distribution, version, defaultUser });
});

test("the speed is that of the last seconds", () => {
  const speed = new Speed();
  expect(speed.bytesPerSecond).toBeUndefined();
  for (let s = 0; s <= 20; s++) speed.add(s * 1000, s < 10 ? s * 100 : 1000 + (s - 10) * 500);
  expect(speed.bytesPerSecond).toBe(500);
  speed.reset();
  expect(speed.bytesPerSecond).toBeUndefined();
  expect([duration(0.2), duration(59), duration(185), duration(3900)]).toEqual(["1 s", "59 s", "3 min", "1 h 5 min"]);
});

const file = () => new File([new Uint8Array(1000)], "disk.raw", { lastModified: 7 });

/** A server that keeps what came, and breaks where it is told. */
function server(breaks: number[]) {
  let there = 0;
  const sender: Sender = {
    offset: async () => there,
    async send({ file, offset, onProgress }) {
      expect(offset).toBe(there);
      const at = breaks.shift();
      there = at ?? file.size;
      onProgress(there);
      if (at !== undefined) throw new Error("the cable was pulled");
      return there;
    },
  };
  return { sender, there: () => there };
}

test("an upload goes on where it broke", async () => {
  vi.useFakeTimers();
  const { sender, there } = server([300, 700]);
  const states: string[] = [];
  const upload: Upload = new Upload({
    imageId: "1",
    file: file(),
    sender,
    onChange: () => states.at(-1) === upload.view.state || states.push(upload.view.state),
  });
  const done = upload.start();
  await vi.runAllTimersAsync();
  await done;
  expect(there()).toBe(1000);
  expect(states).toEqual(["sending", "waiting", "sending", "waiting", "sending", "done"]);
  expect(upload.view).toMatchObject({ sentBytes: 1000, sizeBytes: 1000 });
  vi.useRealTimers();
});

test("it stops where it is paused, and goes on when it is resumed", async () => {
  let release: (() => void) | undefined;
  let there = 0;
  const sender: Sender = {
    offset: async () => there,
    send: ({ offset, signal, onProgress }) =>
      new Promise((resolve, reject) => {
        onProgress((there = offset + 400));
        release = () => resolve((there = 1000));
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  };
  const upload = new Upload({ imageId: "1", file: file(), sender, onChange: () => {} });
  const first = upload.start();
  await vi.waitFor(() => expect(upload.view.sentBytes).toBe(400));
  upload.pause();
  await first;
  expect(upload.view.state).toBe("paused");
  const second = upload.start();
  await vi.waitFor(() => expect(upload.view.sentBytes).toBe(800));
  release?.();
  await second;
  expect(upload.view).toMatchObject({ state: "done", sentBytes: 1000 });
});

test("what the server will not have is not tried again", async () => {
  const send = vi.fn<Sender["send"]>(async () =>
    Promise.reject(new UploadRefused("its checksum differs", "Upload it again.")),
  );
  const upload = new Upload({
    imageId: "1",
    file: file(),
    sender: { offset: async () => 0, send },
    onChange: () => {},
  });
  await upload.start();
  expect(upload.view).toMatchObject({ state: "failed", why: "its checksum differs", tryThis: "Upload it again." });
  expect(send).toHaveBeenCalledTimes(1);
});

test("a file is recognised after a reload, and what is no list is none", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
  const upload = { imageId: "1", imageName: "disk", fileName: "disk.raw", sizeBytes: 1000, lastModified: 7 };
  noteUnfinished(upload, storage);
  noteUnfinished({ ...upload, imageName: "again" }, storage);
  const [found] = unfinishedUploads(storage);
  expect(unfinishedUploads(storage)).toHaveLength(1);
  expect(found && isFileOf(found, file())).toBe(true);
  expect(found && isFileOf(found, new File(["x"], "disk.raw"))).toBe(false);
  forgetUnfinished("1", storage);
  expect(kept.size).toBe(0);
  storage.setItem("limiquantix.uploads", "{");
  expect(unfinishedUploads(storage)).toEqual([]);
});
