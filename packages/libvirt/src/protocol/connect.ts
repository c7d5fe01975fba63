import { charArray, flag, int, list, opaque, opt, string, struct, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import {
  domain,
  flags,
  hostInterface,
  needResults,
  network,
  nodeDevice,
  nwfilter,
  secret,
  storagePool,
} from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

const hostStat = struct({ field: string, value: uhyper });

/** The connection itself, the host, and lists of everything. */
export const connectProcedures = {
  /** 0 none, 1 SASL, 2 polkit. */
  AUTH_LIST: proc(66, {}, { types: list(int, 20) }),
  AUTH_POLKIT: proc(70, {}, { complete: flag }),
  /** flags: 1 = read only. */
  CONNECT_OPEN: proc(1, { name: opt(string), flags }),
  CONNECT_CLOSE: proc(2),
  CONNECT_GET_TYPE: proc(3, {}, { type: string }),
  /** Of the hypervisor: major × 1,000,000 + minor × 1,000 + release. */
  CONNECT_GET_VERSION: proc(4, {}, { hv_ver: uhyper }),
  CONNECT_GET_LIB_VERSION: proc(157, {}, { lib_ver: uhyper }),
  CONNECT_GET_MAX_VCPUS: proc(5, { type: opt(string) }, { max_vcpus: int }),
  CONNECT_GET_CAPABILITIES: proc(7, {}, { capabilities: string }),
  CONNECT_GET_HOSTNAME: proc(59, {}, { hostname: string }),
  CONNECT_SUPPORTS_FEATURE: proc(60, { feature: int }, { supported: int }),
  CONNECT_GET_URI: proc(110, {}, { uri: string }),
  CONNECT_GET_SYSINFO: proc(203, { flags }, { sysinfo: string }),
  CONNECT_GET_DOMAIN_CAPABILITIES: proc(
    342,
    { emulatorbin: opt(string), arch: opt(string), machine: opt(string), virttype: opt(string), flags },
    { capabilities: string },
  ),
  CONNECT_GET_STORAGE_POOL_CAPABILITIES: proc(403, { flags }, { capabilities: string }),
  CONNECT_GET_CPU_MODEL_NAMES: proc(
    312,
    { arch: string, need_results: needResults, flags },
    { models: list(string, 8192), ret: int },
  ),
  CONNECT_COMPARE_HYPERVISOR_CPU: proc(
    393,
    { emulator: opt(string), arch: opt(string), machine: opt(string), virttype: opt(string), xmlCPU: string, flags },
    { result: int },
  ),
  CONNECT_BASELINE_HYPERVISOR_CPU: proc(
    394,
    {
      emulator: opt(string),
      arch: opt(string),
      machine: opt(string),
      virttype: opt(string),
      xmlCPUs: list(string, 256),
      flags,
    },
    { cpu: string },
  ),
  CONNECT_DOMAIN_XML_TO_NATIVE: proc(136, { nativeFormat: string, domainXml: string, flags }, { nativeConfig: string }),

  CONNECT_LIST_ALL_DOMAINS: proc(
    273,
    { need_results: needResults, flags },
    { domains: list(domain, 16_384), ret: uint },
  ),
  CONNECT_LIST_ALL_NETWORKS: proc(
    283,
    { need_results: needResults, flags },
    { nets: list(network, 16_384), ret: uint },
  ),
  CONNECT_LIST_ALL_STORAGE_POOLS: proc(
    281,
    { need_results: needResults, flags },
    { pools: list(storagePool, 16_384), ret: uint },
  ),
  CONNECT_LIST_ALL_INTERFACES: proc(
    284,
    { need_results: needResults, flags },
    { ifaces: list(hostInterface, 16_384), ret: uint },
  ),
  CONNECT_LIST_ALL_NODE_DEVICES: proc(
    285,
    { need_results: needResults, flags },
    { devices: list(nodeDevice, 65_536), ret: uint },
  ),
  CONNECT_LIST_ALL_NWFILTERS: proc(
    286,
    { need_results: needResults, flags },
    { filters: list(nwfilter, 16_384), ret: uint },
  ),
  CONNECT_LIST_ALL_SECRETS: proc(
    287,
    { need_results: needResults, flags },
    { secrets: list(secret, 16_384), ret: uint },
  ),
  /** All domains when `doms` is empty; `stats` are `DomainStats` bits, 0 = all. */
  CONNECT_GET_ALL_DOMAIN_STATS: proc(
    344,
    { doms: withDefault(list(domain, 16_384), []), stats: flags, flags },
    { retStats: list(struct({ dom: domain, params: typedParams(262_144) }), 16_384) },
  ),

  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: proc(316, { eventID: int, dom: opt(domain) }, { callbackID: int }),
  CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY: proc(317, { callbackID: int }),
  CONNECT_NETWORK_EVENT_REGISTER_ANY: proc(313, { eventID: int, net: opt(network) }, { callbackID: int }),
  CONNECT_NETWORK_EVENT_DEREGISTER_ANY: proc(314, { callbackID: int }),
  CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY: proc(368, { eventID: int, pool: opt(storagePool) }, { callbackID: int }),
  CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY: proc(369, { callbackID: int }),
  CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY: proc(374, { eventID: int, dev: opt(nodeDevice) }, { callbackID: int }),
  CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY: proc(375, { callbackID: int }),
  CONNECT_SECRET_EVENT_REGISTER_ANY: proc(380, { eventID: int, secret: opt(secret) }, { callbackID: int }),
  CONNECT_SECRET_EVENT_DEREGISTER_ANY: proc(381, { callbackID: int }),

  /** memory in KiB. */
  NODE_GET_INFO: proc(
    6,
    {},
    {
      model: charArray(32),
      memory: uhyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    },
  ),
  /** Bytes. */
  NODE_GET_FREE_MEMORY: proc(102, {}, { freeMem: uhyper }),
  NODE_GET_CELLS_FREE_MEMORY: proc(101, { startCell: int, maxcells: int }, { cells: list(uhyper, 1024) }),
  /** cpuNum −1 = all. `nparams` must be exactly what a call with 0 answers (4 on Linux). Nanoseconds. */
  NODE_GET_CPU_STATS: proc(
    227,
    { cpuNum: withDefault(int, -1), nparams: int, flags },
    { params: list(hostStat, 16), nparams: int },
  ),
  /** cellNum −1 = all. `nparams` must be exactly what a call with 0 answers (4 on Linux). KiB. */
  NODE_GET_MEMORY_STATS: proc(
    228,
    { nparams: int, cellNum: withDefault(int, -1), flags },
    { params: list(hostStat, 16), nparams: int },
  ),
  /** pages: sizes in KiB. */
  NODE_GET_FREE_PAGES: proc(
    340,
    { pages: list(uint, 1024), startCell: int, cellCount: uint, flags },
    { counts: list(uhyper, 1024) },
  ),
  NODE_GET_CPU_MAP: proc(
    293,
    { need_map: withDefault(int, 1), need_online: withDefault(int, 1), flags },
    { cpumap: opaque(2048), online: uint, ret: int },
  ),
  NODE_DEVICE_LOOKUP_BY_NAME: proc(113, { name: string }, { dev: nodeDevice }),
  NODE_DEVICE_GET_XML_DESC: proc(114, { name: string, flags }, { xml: string }),
  NODE_DEVICE_DETACH_FLAGS: proc(301, { name: string, driverName: opt(string), flags }),
  NODE_DEVICE_RE_ATTACH: proc(119, { name: string }),
  NODE_DEVICE_RESET: proc(120, { name: string }),
};
