import { hyper, int, list, opt, string, struct, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc, qemuProc } from "./procedure.ts";
import { domain, flags } from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

const dom = domain;
const fsInfo = struct({ mountpoint: string, name: string, fstype: string, dev_aliases: list(string, 256) });

/** What the guest agent does, and the raw ways to QEMU and to the agent. */
export const domainGuestProcedures = {
  /** No mount points = all. Answers how many file systems. */
  DOMAIN_FSFREEZE: proc(335, { dom, mountpoints: withDefault(list(string, 256), []), flags }, { filesystems: int }),
  DOMAIN_FSTHAW: proc(336, { dom, mountpoints: withDefault(list(string, 256), []), flags }, { filesystems: int }),
  DOMAIN_FSTRIM: proc(294, { dom, mountPoint: opt(string), minimum: withDefault(uhyper, 0), flags }),
  DOMAIN_GET_FSINFO: proc(349, { dom, flags }, { info: list(fsInfo, 256), ret: uint }),
  /** types: `GuestInfo` bits, 0 = all the agent has. */
  DOMAIN_GET_GUEST_INFO: proc(418, { dom, types: flags, flags }, { params: typedParams(2048) }),
  DOMAIN_GET_GUEST_VCPUS: proc(371, { dom, flags }, { params: typedParams(64) }),
  DOMAIN_SET_GUEST_VCPUS: proc(372, { dom, cpumap: string, state: int, flags }),
  DOMAIN_SET_USER_PASSWORD: proc(357, { dom, user: opt(string), password: opt(string), flags }),
  DOMAIN_AUTHORIZED_SSH_KEYS_GET: proc(424, { dom, user: string, flags }, { keys: list(string, 2048) }),
  DOMAIN_AUTHORIZED_SSH_KEYS_SET: proc(425, { dom, user: string, keys: list(string, 2048), flags }),
  DOMAIN_GET_TIME: proc(337, { dom, flags }, { seconds: hyper, nseconds: uint }),
  DOMAIN_SET_TIME: proc(338, { dom, seconds: hyper, nseconds: withDefault(uint, 0), flags }),
  /** Seconds; −2 waits for ever, −1 is libvirt's default, 0 does not wait. */
  DOMAIN_AGENT_SET_RESPONSE_TIMEOUT: proc(420, { dom, timeout: int, flags }, { result: int }),

  /** QMP in and out (JSON text). libvirt marks the domain as tainted. */
  QEMU_DOMAIN_MONITOR_COMMAND: qemuProc(1, { dom, cmd: string, flags }, { result: string }),
  /** Guest agent command (JSON text); timeout in seconds as in `DOMAIN_AGENT_SET_RESPONSE_TIMEOUT`. */
  QEMU_DOMAIN_AGENT_COMMAND: qemuProc(
    3,
    { dom, cmd: string, timeout: withDefault(int, -2), flags },
    { result: opt(string) },
  ),
  QEMU_CONNECT_DOMAIN_MONITOR_EVENT_REGISTER: qemuProc(
    4,
    { dom: opt(domain), event: opt(string), flags },
    { callbackID: int },
  ),
  QEMU_CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER: qemuProc(5, { callbackID: int }),
};
