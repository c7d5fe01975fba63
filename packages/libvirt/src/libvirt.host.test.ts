import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { domainXml, eventually, libvirtAddress, removeDomain, runName } from "../test/host/fixture.ts";
import {
  Affect,
  DomainEvent,
  DomainState,
  DomainStats,
  ErrorCode,
  JobType,
  Libvirt,
  MetadataType,
  param,
  paramsToRecord,
  StartFlag,
  uuidFromString,
  uuidToString,
} from "./index.ts";
import type { DomainRef } from "./index.ts";

let libvirt: Libvirt;
beforeAll(async () => {
  libvirt = await Libvirt.connect({ address: libvirtAddress() });
});
afterAll(() => libvirt?.close());

describe("the host", () => {
  test("tells its versions, capabilities and size", async () => {
    expect(Number((await libvirt.call("CONNECT_GET_LIB_VERSION")).lib_ver)).toBeGreaterThanOrEqual(9_000_000);
    expect(await libvirt.call("CONNECT_GET_TYPE")).toEqual({ type: "QEMU" });
    expect((await libvirt.call("CONNECT_GET_HOSTNAME")).hostname).not.toBe("");
    expect((await libvirt.call("CONNECT_GET_CAPABILITIES")).capabilities).toContain("<capabilities>");
    const caps = await libvirt.call("CONNECT_GET_DOMAIN_CAPABILITIES", { arch: "x86_64", virttype: "qemu" });
    expect(caps.capabilities).toContain("<domainCapabilities>");
    const info = await libvirt.call("NODE_GET_INFO");
    expect(info).toMatchObject({ model: "x86_64", cpus: expect.any(Number) });
    const { nparams } = await libvirt.call("NODE_GET_CPU_STATS", { nparams: 0 });
    const { params } = await libvirt.call("NODE_GET_CPU_STATS", { nparams });
    expect(params.map(({ field }) => field)).toContain("idle");
    const memory = await libvirt.call("NODE_GET_MEMORY_STATS", {
      nparams: (await libvirt.call("NODE_GET_MEMORY_STATS", { nparams: 0 })).nparams,
    });
    expect(memory.params.find(({ field }) => field === "total")?.value).toBeGreaterThan(0);
    expect((await libvirt.call("NODE_GET_FREE_PAGES", { pages: [4], startCell: 0, cellCount: 1 })).counts).toHaveLength(
      1,
    );
  });

  test("answers many calls at once, in any order", async () => {
    const names = Array.from({ length: 300 }, (_, i) => `none-${i}`);
    const results = await Promise.allSettled(names.map((name) => libvirt.call("DOMAIN_LOOKUP_BY_NAME", { name })));
    results.forEach((result, i) => {
      expect(result).toMatchObject({ status: "rejected", reason: { code: ErrorCode.NO_DOMAIN } });
      expect(String(result.status === "rejected" && result.reason)).toContain(`'${names[i]}'`);
    });
  });

  test("has a test driver as well", async () => {
    await using driver = await Libvirt.connect({ address: libvirtAddress(), uri: "test:///default" });
    const { domains } = await driver.call("CONNECT_LIST_ALL_DOMAINS");
    expect(domains.map(({ name }) => name)).toContain("test");
    const [dom] = domains as [DomainRef];
    expect((await driver.call("DOMAIN_GET_XML_DESC", { dom })).xml).toContain("<name>test</name>");
  });
});

describe("a domain", () => {
  const name = `${runName}-life`;
  let dom: DomainRef;
  beforeAll(async () => {
    ({ dom } = await libvirt.call("DOMAIN_DEFINE_XML_FLAGS", { xml: domainXml(name) }));
  });
  afterAll(() => removeDomain(libvirt, dom));

  test("is found by name and by UUID", async () => {
    expect((await libvirt.call("DOMAIN_LOOKUP_BY_NAME", { name })).dom).toEqual(dom);
    const uuid = uuidFromString(uuidToString(dom.uuid));
    expect((await libvirt.call("DOMAIN_LOOKUP_BY_UUID", { uuid })).dom).toEqual(dom);
    expect((await libvirt.call("CONNECT_LIST_ALL_DOMAINS")).domains).toContainEqual(dom);
  });

  test("starts, pauses, goes on and stops, and says so", async () => {
    const heard: number[] = [];
    const events = await libvirt.subscribe("LIFECYCLE", ({ event }) => heard.push(event), { subject: dom });
    const { dom: running } = await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom, flags: StartFlag.PAUSED });
    expect(running.id).toBeGreaterThan(0);
    expect((await libvirt.call("DOMAIN_GET_STATE", { dom })).state).toBe(DomainState.PAUSED);
    await libvirt.call("DOMAIN_RESUME", { dom });
    expect(await libvirt.call("DOMAIN_GET_INFO", { dom })).toMatchObject({
      state: DomainState.RUNNING,
      maxMem: 65_536,
      memory: 65_536,
      nrVirtCpu: 1,
    });
    await libvirt.call("DOMAIN_SUSPEND", { dom });
    await libvirt.call("DOMAIN_RESET", { dom });
    await libvirt.call("DOMAIN_RESUME", { dom });
    await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
    await eventually("the stop event", async () => (heard.at(-1) === DomainEvent.STOPPED ? true : undefined));
    await events[Symbol.asyncDispose]();
    expect(heard).toContain(DomainEvent.STARTED);
    expect(heard.filter((event) => event === DomainEvent.RESUMED).length).toBeGreaterThanOrEqual(2);
    expect((await libvirt.call("DOMAIN_GET_STATE", { dom })).state).toBe(DomainState.SHUTOFF);
  });

  test("shows its screen, statistics, CPUs and monitor while it runs", async () => {
    await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom });
    const image = await eventually("a screenshot", async () => {
      const { result, stream } = await libvirt.stream("DOMAIN_SCREENSHOT", { dom, screen: 0 });
      const parts: Uint8Array[] = [];
      for await (const part of stream) parts.push(part);
      const bytes = Buffer.concat(parts);
      return bytes.length > 0 ? { mime: result.mime, bytes } : undefined;
    });
    expect(image.mime).toMatch(/^image\/(png|x-portable-pixmap)$/);
    expect(image.bytes.subarray(0, 4).toString("latin1")).toMatch(/^(\u0089PNG|P6)/);

    const { retStats } = await libvirt.call("CONNECT_GET_ALL_DOMAIN_STATS", {
      doms: [dom],
      stats: DomainStats.STATE | DomainStats.CPU_TOTAL | DomainStats.VCPU,
    });
    expect(paramsToRecord(retStats[0]?.params ?? [])).toMatchObject({ "state.state": 1, "vcpu.maximum": 2 });

    await libvirt.call("DOMAIN_SET_VCPUS_FLAGS", { dom, nvcpus: 2, flags: Affect.LIVE });
    expect(await libvirt.call("DOMAIN_GET_VCPUS_FLAGS", { dom, flags: Affect.LIVE })).toEqual({ num: 2 });
    const { info } = await libvirt.call("DOMAIN_GET_VCPUS", { dom, maxinfo: 2, maplen: 1 });
    expect(info).toHaveLength(2);
    await libvirt.call("DOMAIN_PIN_VCPU_FLAGS", { dom, vcpu: 0, cpumap: Uint8Array.of(1), flags: Affect.CONFIG });

    const cmd = JSON.stringify({ execute: "query-status" });
    const { result } = await libvirt.call("QEMU_DOMAIN_MONITOR_COMMAND", { dom, cmd });
    expect(JSON.parse(result)).toMatchObject({ return: { status: "running" } });
    const agent = libvirt.call("QEMU_DOMAIN_AGENT_COMMAND", { dom, cmd: '{"execute":"guest-ping"}', timeout: 1 });
    await expect(agent).rejects.toMatchObject({ codeName: "ARGUMENT_UNSUPPORTED" });
    await libvirt.call("DOMAIN_SEND_KEY", { dom, codeset: 0, holdtime: 10, keycodes: [29, 56, 111] });
    await libvirt.call("DOMAIN_INJECT_NMI", { dom });
    await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
  });

  test("takes metadata, and says so", async () => {
    const changes = await libvirt.events("METADATA_CHANGE", { subject: dom });
    const uri = "https://limiquantix.example/test";
    const element = { type: MetadataType.ELEMENT, uri, flags: Affect.CONFIG };
    await libvirt.call("DOMAIN_SET_METADATA", { dom, ...element, metadata: "<owner a='1'/>", key: "lx" });
    expect((await changes.next()).value).toMatchObject({ dom: { name }, type: MetadataType.ELEMENT, nsuri: uri });
    await changes.return?.();
    expect((await libvirt.call("DOMAIN_GET_METADATA", { dom, ...element })).metadata).toContain("owner");
    await libvirt.call("DOMAIN_SET_METADATA", { dom, ...element });
    await expect(libvirt.call("DOMAIN_GET_METADATA", { dom, ...element })).rejects.toMatchObject({
      code: ErrorCode.NO_DOMAIN_METADATA,
    });
    await libvirt.call("DOMAIN_SET_AUTOSTART", { dom, autostart: true });
    expect(await libvirt.call("DOMAIN_GET_AUTOSTART", { dom })).toEqual({ autostart: true });
  });

  test("is saved and goes on where it was", async () => {
    await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom });
    await libvirt.call("DOMAIN_MANAGED_SAVE", { dom });
    expect(await libvirt.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom })).toEqual({ result: true });
    await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom });
    expect((await libvirt.call("DOMAIN_GET_JOB_STATS", { dom })).type).toBe(JobType.NONE);
    expect((await libvirt.call("DOMAIN_GET_STATE", { dom })).state).toBe(DomainState.RUNNING);
    expect(await libvirt.call("DOMAIN_HAS_MANAGED_SAVE_IMAGE", { dom })).toEqual({ result: false });
    await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
  });

  test("cannot be migrated to nowhere: the error comes back typed", async () => {
    await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom });
    const PEER2PEER_LIVE = 3;
    const migrating = libvirt.call("DOMAIN_MIGRATE_PERFORM3_PARAMS", {
      dom,
      dconnuri: "qemu+unix:///system?socket=/nonexistent",
      params: [param.ullong("bandwidth", 10), param.string("destination_name", "elsewhere")],
      flags: PEER2PEER_LIVE,
    });
    await expect(migrating).rejects.toMatchObject({ name: "LibvirtError" });
    await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
  });
});

describe("errors", () => {
  test.each([
    [
      "an unknown UUID",
      ErrorCode.NO_DOMAIN,
      () => libvirt.call("DOMAIN_LOOKUP_BY_UUID", { uuid: uuidFromString(randomUUID()) }),
    ],
    ["XML that is none", ErrorCode.XML_DETAIL, () => libvirt.call("DOMAIN_DEFINE_XML_FLAGS", { xml: "<domain" })],
    ["XML without a name", ErrorCode.NO_NAME, () => libvirt.call("DOMAIN_DEFINE_XML_FLAGS", { xml: "<domain/>" })],
    ["an unknown network", ErrorCode.NO_NETWORK, () => libvirt.call("NETWORK_LOOKUP_BY_NAME", { name: "no-such" })],
    [
      "an unknown pool",
      ErrorCode.NO_STORAGE_POOL,
      () => libvirt.call("STORAGE_POOL_LOOKUP_BY_NAME", { name: "no-such" }),
    ],
  ])("%s", async (_, code, act) => {
    await expect(act()).rejects.toMatchObject({ name: "LibvirtError", code });
  });

  test("an operation that the state does not allow", async () => {
    const { dom } = await libvirt.call("DOMAIN_DEFINE_XML_FLAGS", { xml: domainXml(`${runName}-off`) });
    await expect(libvirt.call("DOMAIN_DESTROY_FLAGS", { dom })).rejects.toMatchObject({
      code: ErrorCode.OPERATION_INVALID,
      procedure: "DOMAIN_DESTROY_FLAGS",
    });
    await removeDomain(libvirt, dom);
  });
});

test("a network is defined, heard of, changed and forgotten", async () => {
  const events = await libvirt.events("NETWORK_LIFECYCLE");
  const xml = `<network><name>${runName}</name><ip address="192.168.199.1" netmask="255.255.255.0"/></network>`;
  const { net } = await libvirt.call("NETWORK_DEFINE_XML", { xml });
  expect((await events.next()).value).toMatchObject({ net: { name: runName }, event: 0 });
  expect((await libvirt.call("NETWORK_GET_XML_DESC", { net })).xml).toContain("192.168.199.1");
  expect(await libvirt.call("NETWORK_IS_ACTIVE", { net })).toEqual({ active: false });
  expect((await libvirt.call("CONNECT_LIST_ALL_NETWORKS")).nets).toContainEqual(net);
  await libvirt.call("NETWORK_UNDEFINE", { net });
  expect((await events.next()).value).toMatchObject({ event: 1 });
  await events.return?.();
});

test("a secret keeps its value until it is forgotten", async () => {
  const xml = `<secret ephemeral="yes" private="no"><usage type="ceph"><name>${runName}</name></usage></secret>`;
  const { secret } = await libvirt.call("SECRET_DEFINE_XML", { xml });
  const value = new TextEncoder().encode("s3cret");
  await libvirt.call("SECRET_SET_VALUE", { secret, value });
  expect(await libvirt.call("SECRET_GET_VALUE", { secret })).toEqual({ value });
  await libvirt.call("SECRET_UNDEFINE", { secret });
  await expect(libvirt.call("SECRET_LOOKUP_BY_UUID", { uuid: secret.uuid })).rejects.toMatchObject({
    code: ErrorCode.NO_SECRET,
  });
});
