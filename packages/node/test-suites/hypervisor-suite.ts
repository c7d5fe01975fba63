import { Reason, VmStatus_PowerState as State, VmStatus_StopReason as StopReason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DomainDefinition, DomainMark, Hypervisor, HypervisorEvent } from "../src/index.ts";
import { hypervisorDisksSuite } from "./hypervisor-disks.ts";
import { definitionOf, diskOf, type HypervisorFixture, specOf } from "./hypervisor-fixture.ts";
import { reasonOf, until } from "./until.ts";

/** What every Hypervisor must do the same way. */
export function hypervisorSuite(name: string, open: () => Promise<HypervisorFixture>): void {
  hypervisorDisksSuite(name, open);

  describe(`Hypervisor: ${name}`, () => {
    let fixture: HypervisorFixture;
    let hypervisor: Hypervisor;
    let vmId: string;
    let definition: DomainDefinition;

    beforeEach(async () => {
      fixture = await open();
      hypervisor = fixture.hypervisor;
      vmId = newId();
      definition = await definitionOf(fixture, vmId);
    });

    afterEach(async () => {
      const domain = await hypervisor.find(vmId);
      if (domain?.power === State.RUNNING || domain?.power === State.PAUSED) await hypervisor.stop(vmId, "cut");
      await hypervisor.undefine(vmId);
      await fixture.close();
    });

    test("knows nothing of a VM that it does not have, and forgets it without complaint", async () => {
      expect(await hypervisor.find(vmId)).toBeUndefined();
      expect((await hypervisor.list()).map((domain) => domain.vmId)).not.toContain(vmId);
      await hypervisor.undefine(vmId);
    });

    test("a defined domain is off and keeps its mark; defining it again changes it", async () => {
      await hypervisor.define(definition);
      const domain = await hypervisor.find(vmId);
      expect(domain).toMatchObject({ vmId, power: State.STOPPED, liveMark: undefined });
      expect(domain?.name).toContain(definition.name);
      expect(domain?.mark).toEqual(definition.mark);
      await hypervisor.define({ ...definition, mark: { ...definition.mark, generation: 7 } });
      expect((await hypervisor.list()).find((it) => it.vmId === vmId)?.mark?.generation).toBe(7);
    });

    test("a started domain runs with the mark that it was started with", async () => {
      await running();
      expect(await hypervisor.find(vmId)).toMatchObject({ power: State.RUNNING, liveMark: definition.mark });
      expect(await reasonOf(hypervisor.start(vmId))).toBe(Reason.HYPERVISOR_REFUSED);
      expect((await hypervisor.stats()).has(vmId)).toBe(true);
    });

    test("its definition can change while it runs, and what runs stays", async () => {
      await running();
      const spec = specOf(fixture, 2);
      await hypervisor.define({ ...definition, spec, mark: { ...definition.mark, spec, generation: 3 } });
      const domain = await hypervisor.find(vmId);
      expect(domain?.mark?.spec?.cpu?.cores).toBe(2);
      expect(domain?.liveMark?.spec?.cpu?.cores).toBe(1);
    });

    test("a mark goes on the definition, and on what runs only when told", async () => {
      await running();
      const mark: DomainMark = { ...definition.mark, generation: 4, reboots: 2, reverts: 1 };
      await hypervisor.setMark(vmId, mark, { live: false });
      expect(await hypervisor.find(vmId)).toMatchObject({ mark, liveMark: definition.mark });
      await hypervisor.setMark(vmId, mark, { live: true });
      expect(await hypervisor.find(vmId)).toMatchObject({ mark, liveMark: mark });
    });

    test("power that is cut is gone, and why is known", async () => {
      await running();
      await hypervisor.stop(vmId, "cut");
      const domain = await hypervisor.find(vmId);
      expect(domain).toMatchObject({ power: State.STOPPED, liveMark: undefined, stopReason: StopReason.POWERED_OFF });
      await hypervisor.stop(vmId, "cut");
      expect(await reasonOf(hypervisor.stop(vmId, "ask"))).toBe(Reason.HYPERVISOR_REFUSED);
    });

    test("pausing and resuming can be repeated", async () => {
      await running();
      await hypervisor.setPaused(vmId, true);
      await hypervisor.setPaused(vmId, true);
      expect((await hypervisor.find(vmId))?.power).toBe(State.PAUSED);
      await hypervisor.setPaused(vmId, false);
      await hypervisor.setPaused(vmId, false);
      expect((await hypervisor.find(vmId))?.power).toBe(State.RUNNING);
    });

    test("one that is started paused does nothing before it is let go on, however it is started", async () => {
      await hypervisor.define(definition);
      const startsPaused = async (memoryPath?: string) => {
        await hypervisor.start(vmId, { memoryPath, paused: true });
        expect(await hypervisor.find(vmId)).toMatchObject({ power: State.PAUSED, liveMark: definition.mark });
        await hypervisor.setPaused(vmId, false);
        expect((await hypervisor.find(vmId))?.power).toBe(State.RUNNING);
      };
      await startsPaused();
      const memoryPath = fixture.memoryPath();
      await hypervisor.disks.snapshot(vmId, { switchTo: [], beneath: async () => {}, memoryPath, quiesce: false });
      await hypervisor.stop(vmId, "cut");
      await startsPaused(memoryPath);
      if (!hypervisor.capabilities.suspendToDisk) return;
      await hypervisor.stop(vmId, "save");
      await startsPaused();
      await hypervisor.stop(vmId, "save");
      await hypervisor.start(vmId, { paused: true });
      await hypervisor.stop(vmId, "save");
      await hypervisor.start(vmId);
      expect((await hypervisor.find(vmId))?.power).toBe(State.RUNNING);
    });

    test("saved memory is there until it is used or dropped", async () => {
      if (!hypervisor.capabilities.suspendToDisk) return;
      await running();
      await hypervisor.stop(vmId, "save");
      expect((await hypervisor.find(vmId))?.power).toBe(State.SUSPENDED);
      await hypervisor.start(vmId);
      expect((await hypervisor.find(vmId))?.power).toBe(State.RUNNING);
      await hypervisor.stop(vmId, "save");
      await hypervisor.stop(vmId, "cut");
      expect((await hypervisor.find(vmId))?.power).toBe(State.STOPPED);
    });

    test("one that runs is not undefined", async () => {
      await running();
      expect(await reasonOf(hypervisor.undefine(vmId))).toBe(Reason.HYPERVISOR_REFUSED);
      await hypervisor.stop(vmId, "cut");
      await hypervisor.undefine(vmId);
      expect(await hypervisor.find(vmId)).toBeUndefined();
    });

    test("without its mark a domain is somebody else's, until it is marked again", async () => {
      await hypervisor.define(definition);
      await hypervisor.undefine(vmId, { unmarkOnly: true });
      const foreign = await hypervisor.find(vmId);
      expect(foreign?.mark).toBeUndefined();
      expect(foreign?.discoveredSpec?.cpu?.cores).toBe(1);
      const mark: DomainMark = { generation: 1, reboots: 0, reverts: 0, spec: undefined, adopted: true };
      await hypervisor.setMark(vmId, mark, { live: false });
      expect((await hypervisor.find(vmId))?.mark).toEqual(mark);
    });

    test("disks come and go while it runs, and twice is as good as once", async () => {
      if (!hypervisor.capabilities.diskHotplug) return;
      await running();
      const disk = await diskOf(fixture, 1);
      await hypervisor.applyLive(vmId, { kind: "attach-disk", disk });
      await hypervisor.applyLive(vmId, { kind: "attach-disk", disk });
      await hypervisor.applyLive(vmId, { kind: "io-limits", disk: disk.disk });
      await hypervisor.applyLive(vmId, { kind: "resize-disk", disk, sizeBytes: 2 * 1024 ** 3 });
    });

    test("what changes is told", async () => {
      const ending = new AbortController();
      const seen: HypervisorEvent[] = [];
      const watching = (async () => {
        for await (const event of hypervisor.watch(ending.signal)) seen.push(event);
      })();
      const told = (at: number) =>
        until("an event", fixture.timeoutMs, async () =>
          seen.slice(at).find((event) => event.kind === "domain" && event.vmId === vmId),
        );
      for (const change of [
        () => hypervisor.define(definition),
        () => hypervisor.start(vmId),
        () => hypervisor.setPaused(vmId, true),
        () => hypervisor.stop(vmId, "cut"),
        () => hypervisor.undefine(vmId),
      ]) {
        const before = seen.length;
        await change();
        await told(before);
      }
      ending.abort();
      await watching;
    });

    test("a console needs a VM that runs", async () => {
      await hypervisor.define(definition);
      expect(await reasonOf(hypervisor.consoles.open(vmId, "serial"))).toBe(Reason.CONSOLE_VM_NOT_RUNNING);
      await hypervisor.start(vmId);
      await using serial = await hypervisor.consoles.open(vmId, "serial");
      await serial.write(new TextEncoder().encode("\r"));
      await using screen = await hypervisor.consoles.open(vmId, "vnc");
      const first = await screen.readable[Symbol.asyncIterator]().next();
      expect(new TextDecoder().decode(first.value as Uint8Array)).toMatch(/^RFB 003\./);
    });

    async function running(): Promise<void> {
      await hypervisor.define(definition);
      await hypervisor.start(vmId);
    }
  });
}
