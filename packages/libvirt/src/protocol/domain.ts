import { flag, hyper, int, list, opaque, opt, string, struct, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc, streamProc } from "./procedure.ts";
import { domain, flags } from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

const dom = domain;
const vcpuInfo = struct({ number: uint, state: int, cpu_time: uhyper, cpu: int });
const interfaceAddress = struct({ type: int, addr: string, prefix: uint });

/** A domain's life, its devices, CPU and memory, and what it tells of itself. */
export const domainProcedures = {
  DOMAIN_LOOKUP_BY_ID: proc(22, { id: int }, { dom }),
  DOMAIN_LOOKUP_BY_NAME: proc(23, { name: string }, { dom }),
  DOMAIN_LOOKUP_BY_UUID: proc(24, { uuid: domain.fields.uuid }, { dom }),
  DOMAIN_DEFINE_XML_FLAGS: proc(350, { xml: string, flags }, { dom }),
  DOMAIN_CREATE_XML: proc(10, { xml_desc: string, flags }, { dom }),
  DOMAIN_CREATE_WITH_FLAGS: proc(196, { dom, flags }, { dom }),
  DOMAIN_UNDEFINE_FLAGS: proc(231, { dom, flags }),
  DOMAIN_DESTROY_FLAGS: proc(234, { dom, flags }),
  DOMAIN_SHUTDOWN_FLAGS: proc(258, { dom, flags }),
  DOMAIN_REBOOT: proc(27, { dom, flags }),
  DOMAIN_RESET: proc(245, { dom, flags }),
  DOMAIN_SUSPEND: proc(34, { dom }),
  DOMAIN_RESUME: proc(28, { dom }),
  DOMAIN_PM_SUSPEND_FOR_DURATION: proc(261, { dom, target: uint, duration: uhyper, flags }),
  DOMAIN_PM_WAKEUP: proc(267, { dom, flags }),
  DOMAIN_INJECT_NMI: proc(210, { dom, flags }),
  DOMAIN_RENAME: proc(358, { dom, new_name: opt(string), flags }, { retcode: int }),
  DOMAIN_SET_AUTOSTART: proc(29, { dom, autostart: flag }),
  DOMAIN_GET_AUTOSTART: proc(15, { dom }, { autostart: flag }),
  /** type and action: virDomainLifecycle, virDomainLifecycleAction. */
  DOMAIN_SET_LIFECYCLE_ACTION: proc(390, { dom, type: uint, action: uint, flags }),

  DOMAIN_GET_XML_DESC: proc(14, { dom, flags }, { xml: string }),
  /** Memory in KiB, cpuTime in nanoseconds. */
  DOMAIN_GET_INFO: proc(16, { dom }, { state: uint, maxMem: uhyper, memory: uhyper, nrVirtCpu: uint, cpuTime: uhyper }),
  /** See `DomainState`. */
  DOMAIN_GET_STATE: proc(212, { dom, flags }, { state: int, reason: int }),
  /** Whether the hypervisor's monitor answers; stateTime in milliseconds. */
  DOMAIN_GET_CONTROL_INFO: proc(229, { dom, flags }, { state: uint, details: uint, stateTime: uhyper }),
  DOMAIN_IS_ACTIVE: proc(150, { dom }, { active: flag }),
  DOMAIN_IS_PERSISTENT: proc(151, { dom }, { persistent: flag }),
  DOMAIN_IS_UPDATED: proc(202, { dom }, { updated: flag }),
  DOMAIN_GET_MESSAGES: proc(426, { dom, flags }, { msgs: list(string, 2048) }),
  DOMAIN_GET_HOSTNAME: proc(277, { dom, flags }, { hostname: string }),

  /** type: 0 description, 1 title, 2 XML element with `key` (prefix) and `uri` (namespace). `null` removes it. */
  DOMAIN_SET_METADATA: proc(264, {
    dom,
    type: int,
    metadata: opt(string),
    key: opt(string),
    uri: opt(string),
    flags,
  }),
  DOMAIN_GET_METADATA: proc(265, { dom, type: int, uri: opt(string), flags }, { metadata: string }),

  DOMAIN_GET_MAX_VCPUS: proc(18, { dom }, { num: int }),
  DOMAIN_GET_VCPUS_FLAGS: proc(200, { dom, flags }, { num: int }),
  DOMAIN_SET_VCPUS_FLAGS: proc(199, { dom, nvcpus: uint, flags }),
  /** cpumap such as `2-3`; state 0 or 1. */
  DOMAIN_SET_VCPU: proc(384, { dom, cpumap: string, state: int, flags }),
  DOMAIN_GET_VCPUS: proc(
    20,
    { dom, maxinfo: int, maplen: int },
    { info: list(vcpuInfo, 16_384), cpumaps: opaque(8_388_608) },
  ),
  /** One bit per host CPU, lowest bit of the first byte first. */
  DOMAIN_PIN_VCPU_FLAGS: proc(225, { dom, vcpu: uint, cpumap: opaque(2048), flags }),
  DOMAIN_GET_VCPU_PIN_INFO: proc(
    230,
    { dom, ncpumaps: int, maplen: int, flags },
    { cpumaps: opaque(8_388_608), num: int },
  ),
  DOMAIN_PIN_EMULATOR: proc(279, { dom, cpumap: opaque(2048), flags }),
  DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS: proc(219, { dom, params: typedParams(16), flags }),
  DOMAIN_GET_SCHEDULER_PARAMETERS_FLAGS: proc(
    223,
    { dom, nparams: withDefault(int, 16), flags },
    { params: typedParams(16) },
  ),
  /** start_cpu −1 with ncpus 1 asks for totals. Nanoseconds. */
  DOMAIN_GET_CPU_STATS: proc(
    262,
    { dom, nparams: uint, start_cpu: int, ncpus: uint, flags },
    { params: typedParams(2048), nparams: int },
  ),

  /** KiB; with flag 4 (`MEM_MAXIMUM`) the maximum. */
  DOMAIN_SET_MEMORY_FLAGS: proc(204, { dom, memory: uhyper, flags }),
  DOMAIN_GET_MAX_MEMORY: proc(17, { dom }, { memory: uhyper }),
  /** Seconds between balloon statistics; 0 turns them off. */
  DOMAIN_SET_MEMORY_STATS_PERIOD: proc(308, { dom, period: int, flags }),
  /** KiB, by the tags of virDomainMemoryStatTags. */
  DOMAIN_MEMORY_STATS: proc(
    159,
    { dom, maxStats: withDefault(uint, 64), flags },
    { stats: list(struct({ tag: int, val: uhyper }), 1024) },
  ),
  DOMAIN_SET_MEMORY_PARAMETERS: proc(197, { dom, params: typedParams(16), flags }),
  DOMAIN_GET_MEMORY_PARAMETERS: proc(
    198,
    { dom, nparams: withDefault(int, 16), flags },
    { params: typedParams(16), nparams: int },
  ),
  DOMAIN_SET_NUMA_PARAMETERS: proc(254, { dom, params: typedParams(16), flags }),
  DOMAIN_GET_NUMA_PARAMETERS: proc(
    255,
    { dom, nparams: withDefault(int, 16), flags },
    { params: typedParams(16), nparams: int },
  ),

  DOMAIN_ATTACH_DEVICE_FLAGS: proc(160, { dom, xml: string, flags }),
  DOMAIN_DETACH_DEVICE_FLAGS: proc(161, { dom, xml: string, flags }),
  DOMAIN_DETACH_DEVICE_ALIAS: proc(392, { dom, alias: string, flags }),
  /** Also changes media, a memory device's requested size, an interface's link. */
  DOMAIN_UPDATE_DEVICE_FLAGS: proc(174, { dom, xml: string, flags }),
  DOMAIN_ADD_IOTHREAD: proc(355, { dom, iothread_id: uint, flags }),
  DOMAIN_DEL_IOTHREAD: proc(356, { dom, iothread_id: uint, flags }),
  DOMAIN_PIN_IOTHREAD: proc(352, { dom, iothreads_id: uint, cpumap: opaque(2048), flags }),
  DOMAIN_GET_IOTHREAD_INFO: proc(
    351,
    { dom, flags },
    { info: list(struct({ iothread_id: uint, cpumap: opaque(2048) }), 16_384), ret: uint },
  ),

  DOMAIN_INTERFACE_STATS: proc(
    65,
    { dom, device: string },
    {
      rx_bytes: hyper,
      rx_packets: hyper,
      rx_errs: hyper,
      rx_drop: hyper,
      tx_bytes: hyper,
      tx_packets: hyper,
      tx_errs: hyper,
      tx_drop: hyper,
    },
  ),
  DOMAIN_SET_INTERFACE_PARAMETERS: proc(256, { dom, device: string, params: typedParams(16), flags }),
  DOMAIN_GET_INTERFACE_PARAMETERS: proc(
    257,
    { dom, device: string, nparams: withDefault(int, 16), flags },
    { params: typedParams(16), nparams: int },
  ),
  /** source: 0 DHCP leases of libvirt's networks, 1 guest agent, 2 ARP. Address type 0 = IPv4, 1 = IPv6. */
  DOMAIN_INTERFACE_ADDRESSES: proc(
    353,
    { dom, source: uint, flags },
    { ifaces: list(struct({ name: string, hwaddr: opt(string), addrs: list(interfaceAddress, 2048) }), 2048) },
  ),

  /** codeset 0 = Linux key codes; holdtime in milliseconds. */
  DOMAIN_SEND_KEY: proc(226, { dom, codeset: uint, holdtime: uint, keycodes: list(uint, 16), flags }),
  /** dev_name: alias of a console, serial or parallel device; `null` = the first. Data flows both ways. */
  DOMAIN_OPEN_CONSOLE: streamProc(201, { dom, dev_name: opt(string), flags }),
  /** A virtio channel by target name; `null` = the first. */
  DOMAIN_OPEN_CHANNEL: streamProc(296, { dom, name: opt(string), flags }),
  /** The image flows from the server; `mime` says what it is. */
  DOMAIN_SCREENSHOT: streamProc(211, { dom, screen: uint, flags }, { mime: opt(string) }),
};
