import { flag, int, list, opt, string, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc, streamProc } from "./procedure.ts";
import { flags, needResults, storagePool, storageVol } from "./shapes.ts";

const pool = storagePool;
const vol = storageVol;

/** Storage pools and volumes; sizes in bytes. */
export const storageProcedures = {
  STORAGE_POOL_LOOKUP_BY_NAME: proc(84, { name: string }, { pool }),
  STORAGE_POOL_LOOKUP_BY_UUID: proc(85, { uuid: storagePool.fields.uuid }, { pool }),
  STORAGE_POOL_LOOKUP_BY_VOLUME: proc(86, { vol }, { pool }),
  STORAGE_POOL_LOOKUP_BY_TARGET_PATH: proc(391, { path: string }, { pool }),
  STORAGE_POOL_DEFINE_XML: proc(77, { xml: string, flags }, { pool }),
  STORAGE_POOL_CREATE_XML: proc(76, { xml: string, flags }, { pool }),
  STORAGE_POOL_CREATE: proc(78, { pool, flags }),
  STORAGE_POOL_BUILD: proc(79, { pool, flags }),
  STORAGE_POOL_DESTROY: proc(80, { pool }),
  STORAGE_POOL_DELETE: proc(81, { pool, flags }),
  STORAGE_POOL_UNDEFINE: proc(82, { pool }),
  STORAGE_POOL_REFRESH: proc(83, { pool, flags }),
  STORAGE_POOL_GET_INFO: proc(87, { pool }, { state: uint, capacity: uhyper, allocation: uhyper, available: uhyper }),
  STORAGE_POOL_GET_XML_DESC: proc(88, { pool, flags }, { xml: string }),
  STORAGE_POOL_IS_ACTIVE: proc(154, { pool }, { active: flag }),
  STORAGE_POOL_IS_PERSISTENT: proc(155, { pool }, { persistent: flag }),
  STORAGE_POOL_GET_AUTOSTART: proc(89, { pool }, { autostart: flag }),
  STORAGE_POOL_SET_AUTOSTART: proc(90, { pool, autostart: flag }),
  STORAGE_POOL_LIST_ALL_VOLUMES: proc(
    282,
    { pool, need_results: needResults, flags },
    { vols: list(storageVol, 16_384), ret: uint },
  ),
  CONNECT_FIND_STORAGE_POOL_SOURCES: proc(75, { type: string, srcSpec: opt(string), flags }, { xml: string }),

  STORAGE_VOL_LOOKUP_BY_NAME: proc(95, { pool, name: string }, { vol }),
  STORAGE_VOL_LOOKUP_BY_KEY: proc(96, { key: string }, { vol }),
  STORAGE_VOL_LOOKUP_BY_PATH: proc(97, { path: string }, { vol }),
  STORAGE_VOL_CREATE_XML: proc(93, { pool, xml: string, flags }, { vol }),
  STORAGE_VOL_CREATE_XML_FROM: proc(125, { pool, xml: string, clonevol: storageVol, flags }, { vol }),
  STORAGE_VOL_DELETE: proc(94, { vol, flags }),
  STORAGE_VOL_WIPE: proc(165, { vol, flags }),
  STORAGE_VOL_RESIZE: proc(260, { vol, capacity: uhyper, flags }),
  STORAGE_VOL_GET_INFO: proc(98, { vol }, { type: int, capacity: uhyper, allocation: uhyper }),
  STORAGE_VOL_GET_INFO_FLAGS: proc(378, { vol, flags }, { type: int, capacity: uhyper, allocation: uhyper }),
  STORAGE_VOL_GET_XML_DESC: proc(99, { vol, flags }, { xml: string }),
  STORAGE_VOL_GET_PATH: proc(100, { vol }, { name: string }),
  /** length 0 = to the end. flags: 1 = sparse stream. */
  STORAGE_VOL_UPLOAD: streamProc(208, {
    vol,
    offset: withDefault(uhyper, 0),
    length: withDefault(uhyper, 0),
    flags,
  }),
  STORAGE_VOL_DOWNLOAD: streamProc(209, {
    vol,
    offset: withDefault(uhyper, 0),
    length: withDefault(uhyper, 0),
    flags,
  }),
};
