import { create } from "@bufbuild/protobuf";
import { Reason, VmSpecSchema, VmStatus_PowerState as State } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type DiskSource,
  type DomainDefinition,
  type Hypervisor,
  type LiveSnapshot,
  sourceName,
} from "../src/index.ts";
import { definitionOf, diskOf, type HypervisorFixture } from "./hypervisor-fixture.ts";
import { reasonOf } from "./until.ts";

/** What every Hypervisor must do the same way with the disks of guests. What becomes of their bytes is the driver's own test. */
export function hypervisorDisksSuite(name: string, open: () => Promise<HypervisorFixture>): void {
  describe(`Hypervisor and disks: ${name}`, () => {
    let fixture: HypervisorFixture;
    let hypervisor: Hypervisor;
    let vmId: string;
    /** With two disks. */
    let definition: DomainDefinition;

    beforeEach(async () => {
      fixture = await open();
      hypervisor = fixture.hypervisor;
      vmId = newId();
      definition = await definitionOf(fixture, vmId);
      const second = await diskOf(fixture, 1);
      definition.disks.push(second);
      definition.spec.disks.push(second.disk);
      definition.spec.agent = create(VmSpecSchema, { agent: { disabled: true } }).agent;
    });

    afterEach(async () => {
      const power = (await hypervisor.find(vmId))?.power;
      if (power === State.RUNNING || power === State.PAUSED) await hypervisor.stop(vmId, "cut");
      await hypervisor.undefine(vmId);
      await fixture.close();
    });

    const disk = (index: number) => definition.disks[index]!.disk;
    const original = (index: number) => definition.disks[index]!.source;
    const nameOf = (index: number) => sourceName(original(index));
    const power = async () => (await hypervisor.find(vmId))?.power;
    /** What its definition names: of the running domain where there is one. */
    const sources = async () => Object.fromEntries((await hypervisor.find(vmId))?.sources ?? []);
    const work = { signal: new AbortController().signal, onProgress: () => {} };

    async function running(): Promise<void> {
      await hypervisor.define(definition);
      await hypervisor.start(vmId);
    }

    function snapshot(request: Partial<LiveSnapshot>) {
      const nothing = { switchTo: [], beneath: async () => {}, memoryPath: undefined, quiesce: false };
      return hypervisor.disks.snapshot(vmId, { ...nothing, ...request });
    }

    /** Has the first disk go on in a layer over `below`. */
    async function switchFirst(below: DiskSource): Promise<DiskSource> {
      const source = await fixture.makeLayer(below);
      await snapshot({ switchTo: [{ disk: disk(0), source }] });
      return source;
    }

    test("what its disks are is told, whether it runs or not", async () => {
      await hypervisor.define(definition);
      const names = { [disk(0).id]: nameOf(0), [disk(1).id]: nameOf(1) };
      expect(await sources()).toEqual(names);
      await hypervisor.start(vmId);
      expect(await sources()).toEqual(names);
    });

    test("a snapshot switches its disks to new layers, for good", async () => {
      await running();
      const layers = [await fixture.makeLayer(original(0)), await fixture.makeLayer(original(1))] as const;
      const switchTo = layers.map((source, i) => ({ disk: disk(i), source }));
      expect(await snapshot({ switchTo })).toMatchObject({ quiesced: false, quiesceMessage: "" });
      const names = { [disk(0).id]: sourceName(layers[0]), [disk(1).id]: sourceName(layers[1]) };
      expect(await power()).toBe(State.RUNNING);
      expect(await sources()).toEqual(names);
      expect(await reasonOf(snapshot({ switchTo }))).toBe(Reason.HYPERVISOR_REFUSED);
      await hypervisor.stop(vmId, "cut");
      expect(await sources()).toEqual(names);
      await hypervisor.start(vmId);
    });

    test("it stands still while storage freezes the other disks", async () => {
      await running();
      const source = await fixture.makeLayer(original(0));
      const seen: (State | undefined)[] = [];
      const beneath = async () => void seen.push(await power());
      await snapshot({ switchTo: [{ disk: disk(0), source }], beneath });
      expect(seen).toEqual([State.PAUSED]);
      expect(await power()).toBe(State.RUNNING);
      expect(await sources()).toEqual({ [disk(0).id]: sourceName(source), [disk(1).id]: nameOf(1) });
    });

    test("it runs on when storage refuses; one that was paused stays so", async () => {
      await running();
      const beneath = async () => {
        throw new Error("the storage is full");
      };
      await expect(snapshot({ beneath })).rejects.toThrow("the storage is full");
      expect(await power()).toBe(State.RUNNING);
      await hypervisor.setPaused(vmId, true);
      await snapshot({});
      expect(await power()).toBe(State.PAUSED);
      await expect(snapshot({ beneath })).rejects.toThrow("the storage is full");
      expect(await power()).toBe(State.PAUSED);
    });

    test("a guest without an agent is not quiesced, and the answer says why", async () => {
      await running();
      const source = await fixture.makeLayer(original(0));
      const result = await snapshot({ quiesce: true, switchTo: [{ disk: disk(0), source }] });
      expect(result.quiesced).toBe(false);
      expect(result.quiesceMessage).not.toBe("");
      expect(await power()).toBe(State.RUNNING);
    });

    test("a guest wakes in the memory of a snapshot, as often as one likes", async () => {
      await running();
      const memoryPath = fixture.memoryPath();
      const layers = [await fixture.makeLayer(original(0)), await fixture.makeLayer(original(1))] as const;
      await snapshot({ memoryPath, switchTo: layers.map((source, i) => ({ disk: disk(i), source })) });
      expect(await power()).toBe(State.RUNNING);
      for (const generation of [5, 6]) {
        await hypervisor.stop(vmId, "cut");
        const disks = await Promise.all(
          definition.disks.map(async (it) => ({ ...it, source: await fixture.makeLayer(it.source) })),
        );
        const mark = { ...definition.mark, generation };
        await hypervisor.define({ ...definition, disks, mark });
        await hypervisor.start(vmId, { memoryPath });
        expect(await hypervisor.find(vmId)).toMatchObject({ power: State.RUNNING, liveMark: mark });
        expect(await sources()).toEqual(Object.fromEntries(disks.map((it) => [it.disk.id, sourceName(it.source)])));
      }
    });

    test("a snapshot needs a guest that is up", async () => {
      await hypervisor.define(definition);
      expect(await reasonOf(snapshot({}))).toBe(Reason.HYPERVISOR_REFUSED);
    });

    test("the layer that it writes is merged into the one below; once more changes nothing", async () => {
      await running();
      const layer = await switchFirst(original(0));
      const merge = { disk: disk(0), top: sourceName(layer), base: nameOf(0), active: true };
      await hypervisor.disks.merge(vmId, merge, work);
      await hypervisor.disks.merge(vmId, merge, work);
      expect((await sources())[disk(0).id]).toBe(nameOf(0));
      expect(await power()).toBe(State.RUNNING);
      await hypervisor.stop(vmId, "cut");
      expect((await sources())[disk(0).id]).toBe(nameOf(0));
      await hypervisor.start(vmId);
    });

    test("layers between are merged, and it goes on in the one that it writes", async () => {
      await running();
      const first = await switchFirst(original(0));
      const second = await switchFirst(first);
      const merge = { disk: disk(0), top: sourceName(first), base: nameOf(0), active: false };
      await hypervisor.disks.merge(vmId, merge, work);
      await hypervisor.disks.merge(vmId, merge, work);
      expect((await sources())[disk(0).id]).toBe(sourceName(second));
      const stranger = { ...merge, base: sourceName(await fixture.makeVolume()) };
      expect(await reasonOf(hypervisor.disks.merge(vmId, stranger, work))).toBe(Reason.HYPERVISOR_REFUSED);
    });

    test("it goes on with the copy of a disk, for good; once more changes nothing", async () => {
      await running();
      const to = await fixture.makeVolume();
      await hypervisor.disks.copy(vmId, { disk: disk(1), to }, work);
      await hypervisor.disks.copy(vmId, { disk: disk(1), to }, work);
      const names = { [disk(0).id]: nameOf(0), [disk(1).id]: sourceName(to) };
      expect(await sources()).toEqual(names);
      expect(await power()).toBe(State.RUNNING);
      await hypervisor.stop(vmId, "cut");
      expect(await sources()).toEqual(names);
      await hypervisor.start(vmId);
    });

    test("a copy that is called off leaves the disk as it is", async () => {
      await running();
      const calledOff = { ...work, signal: AbortSignal.abort(new Error("not wanted any more")) };
      const copy = hypervisor.disks.copy(vmId, { disk: disk(1), to: await fixture.makeVolume() }, calledOff);
      await expect(copy).rejects.toThrow("not wanted any more");
      expect(await hypervisor.disks.copying(vmId, disk(1))).toBeUndefined();
      await hypervisor.disks.endCopy(vmId, disk(1));
      expect((await sources())[disk(1).id]).toBe(nameOf(1));
      await hypervisor.disks.copy(vmId, { disk: disk(1), to: await fixture.makeVolume() }, work);
    });

    test("work on disks needs a guest that is up, and the disk", async () => {
      await hypervisor.define(definition);
      const to = await fixture.makeVolume();
      const stranger = create(VmSpecSchema, { disks: [{ id: "none" }] }).disks[0]!;
      const merge = { disk: stranger, top: "/a", base: "/b", active: true };
      expect(await reasonOf(hypervisor.disks.copy(vmId, { disk: disk(0), to }, work))).toBe(Reason.HYPERVISOR_REFUSED);
      await hypervisor.start(vmId);
      expect(await reasonOf(hypervisor.disks.copy(vmId, { disk: stranger, to }, work))).toBe(Reason.HYPERVISOR_REFUSED);
      expect(await reasonOf(hypervisor.disks.merge(vmId, merge, work))).toBe(Reason.HYPERVISOR_REFUSED);
      expect(await reasonOf(snapshot({ switchTo: [{ disk: stranger, source: to }] }))).toBe(Reason.HYPERVISOR_REFUSED);
    });

    test("a domain that is off is told of other sources, all or none", async () => {
      await hypervisor.define(definition);
      const layers = await Promise.all(definition.disks.map(({ source }) => fixture.makeLayer(source)));
      const told = definition.disks.map((it, i) => ({ ...it, source: layers[i]! }));
      const stranger = { disk: create(VmSpecSchema, { disks: [{ id: "none" }] }).disks[0]!, source: layers[0]! };
      const mixed = hypervisor.disks.redirect(vmId, [told[0]!, stranger]);
      expect(await reasonOf(mixed)).toBe(Reason.HYPERVISOR_REFUSED);
      expect(await sources()).toEqual({ [disk(0).id]: nameOf(0), [disk(1).id]: nameOf(1) });
      await hypervisor.disks.redirect(vmId, told);
      await hypervisor.disks.redirect(vmId, told);
      const names = Object.fromEntries(told.map((it) => [it.disk.id, sourceName(it.source)]));
      expect(await sources()).toEqual(names);
      await hypervisor.start(vmId);
      expect(await sources()).toEqual(names);
      expect(await reasonOf(hypervisor.disks.redirect(vmId, definition.disks))).toBe(Reason.HYPERVISOR_REFUSED);
    });

    test("so is the memory that a domain is saved with", async () => {
      if (!hypervisor.capabilities.suspendToDisk) return;
      await running();
      await hypervisor.stop(vmId, "save");
      const told = [{ disk: disk(0), source: await fixture.makeLayer(original(0)) }];
      await hypervisor.disks.redirect(vmId, told);
      expect(await power()).toBe(State.SUSPENDED);
      await hypervisor.start(vmId);
      expect((await sources())[disk(0).id]).toBe(sourceName(told[0]!.source));
    });

    test("keys of storage are set, changed and deleted, twice as well as once", async () => {
      const secretId = newId();
      const value = new TextEncoder().encode("a key");
      for (const usage of ["pool one", "pool one", "pool two"])
        await hypervisor.secrets.set({ secretId, kind: "ceph", usage, value });
      await hypervisor.secrets.set({ secretId: newId(), kind: "ceph", usage: "pool two", value });
      await hypervisor.secrets.delete(secretId);
      await hypervisor.secrets.delete(secretId);
    });
  });
}
