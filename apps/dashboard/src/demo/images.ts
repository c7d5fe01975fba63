/** Images that one could have downloaded; the simulated internet has a qcow2 file of a few bytes for each. */
export const images = [
  { name: "debian-12", distribution: "debian", version: "12", user: "debian", virtualGib: 3 },
  { name: "ubuntu-24.04", distribution: "ubuntu", version: "24.04", user: "ubuntu", virtualGib: 4 },
  { name: "alma-9", distribution: "almalinux", version: "9", user: "almalinux", virtualGib: 10 },
] as const;

export const imageUrl = (name: string): string => `https://images.example.org/${name}.qcow2`;

/** What the simulated hosts find in the internet: a header (QEMU docs/interop/qcow2.rst) and nothing behind it. */
export async function fetchImage(url: string): Promise<{ totalBytes: number; chunks: AsyncIterable<Uint8Array> }> {
  const gib = images.find(({ name }) => imageUrl(name) === url)?.virtualGib;
  if (gib === undefined) throw new Error("the demo's internet has only the images that it began with");
  const file = new Uint8Array(256 * 1024);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, 3);
  view.setUint32(20, 16);
  view.setBigUint64(24, BigInt(gib) * 1024n ** 3n);
  view.setBigUint64(40, 65_536n);
  return { totalBytes: file.length, chunks: chunksOf(file) };
}

async function* chunksOf(file: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < file.length; at += 65_536) yield file.subarray(at, at + 65_536);
}
