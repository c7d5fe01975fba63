import { FakeClock, newId } from "@limiquantix/kit";
import { type LibvirtConnection, param, uuidFromString } from "@limiquantix/libvirt";
import { expect, test } from "vitest";
import { UsageMeter } from "./usage.ts";

test("a domain that is busy is not measured, instead of having no memory and no traffic", async () => {
  const clock = new FakeClock();
  const vmId = newId();
  const rss = param.ullong("balloon.rss", 102_400n);
  const readings = [[rss], [], [rss]].map((more, i) => [param.ullong("cpu.time", BigInt(i) * 500_000_000n), ...more]);
  const dom = { name: "vm", uuid: uuidFromString(vmId), id: 1 };
  const call = async () => ({ retStats: [{ dom, params: readings.shift() }] });
  const meter = new UsageMeter({ call } as unknown as LibvirtConnection, clock);

  const read = async () => {
    await clock.advance(1000);
    return (await meter.read()).get(vmId);
  };
  expect(await read()).toMatchObject({ memoryHostMib: 100n, cpuPercent: 0 });
  expect(await read()).toBeUndefined();
  expect(await read()).toMatchObject({ memoryHostMib: 100n, cpuPercent: 50 });
});
