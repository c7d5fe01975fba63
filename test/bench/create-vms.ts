import { post } from "./http-load.ts";

/** Makes `count` stopped VMs through the API, `width` at a time, and waits until their hosts have them all. */
export async function createVms(base: string, count: number, width = 64): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        const body = {
          name: `vm-${String(next++).padStart(5, "0")}`,
          labels: { tier: "web" },
          spec: { cpu: { cores: 1 }, memory: { sizeMib: "512" }, disks: [{ sizeGib: "1" }], nics: [{}] },
        };
        await post(`${base}/limiquantix.compute.v1.VMService/CreateVM`, JSON.stringify(body));
      }
    }),
  );
  for (;;) {
    const body = JSON.stringify({ states: ["STOPPED"], pageSize: 1 });
    const answer = await post(`${base}/limiquantix.compute.v1.VMService/ListVMs`, body);
    if ((JSON.parse(answer.toString()) as { totalCount?: number }).totalCount === count) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
