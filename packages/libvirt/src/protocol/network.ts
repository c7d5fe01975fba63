import { flag, hyper, int, list, opt, string, struct, uint, withDefault } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import { flags, needResults, network, networkPort } from "./shapes.ts";

const net = network;

/** A DHCP lease; expirytime in seconds since the epoch; type 0 = IPv4, 1 = IPv6. */
const dhcpLease = struct({
  iface: string,
  expirytime: hyper,
  type: int,
  mac: opt(string),
  iaid: opt(string),
  ipaddr: string,
  prefix: uint,
  hostname: opt(string),
  clientid: opt(string),
});

export const networkProcedures = {
  NETWORK_LOOKUP_BY_NAME: proc(46, { name: string }, { net }),
  NETWORK_LOOKUP_BY_UUID: proc(47, { uuid: network.fields.uuid }, { net }),
  NETWORK_DEFINE_XML: proc(41, { xml: string }, { net }),
  NETWORK_DEFINE_XML_FLAGS: proc(432, { xml: string, flags }, { net }),
  NETWORK_CREATE_XML: proc(40, { xml: string }, { net }),
  NETWORK_CREATE: proc(39, { net }),
  NETWORK_DESTROY: proc(42, { net }),
  NETWORK_UNDEFINE: proc(49, { net }),
  NETWORK_GET_XML_DESC: proc(43, { net, flags }, { xml: string }),
  NETWORK_GET_BRIDGE_NAME: proc(45, { net }, { name: string }),
  NETWORK_IS_ACTIVE: proc(152, { net }, { active: flag }),
  NETWORK_IS_PERSISTENT: proc(153, { net }, { persistent: flag }),
  NETWORK_GET_AUTOSTART: proc(44, { net }, { autostart: flag }),
  NETWORK_SET_AUTOSTART: proc(48, { net, autostart: flag }),
  /** command: 1 modify, 2 delete, 3 add last, 4 add first. section: virNetworkUpdateSection (4 = DHCP host). */
  NETWORK_UPDATE: proc(291, {
    net,
    command: uint,
    section: uint,
    parentIndex: withDefault(int, -1),
    xml: string,
    flags,
  }),
  NETWORK_GET_DHCP_LEASES: proc(
    341,
    { net, mac: opt(string), need_results: needResults, flags },
    { leases: list(dhcpLease, 65_536), ret: uint },
  ),
  NETWORK_LIST_ALL_PORTS: proc(
    404,
    { network, need_results: needResults, flags },
    { ports: list(networkPort, 16_384), ret: uint },
  ),
};
