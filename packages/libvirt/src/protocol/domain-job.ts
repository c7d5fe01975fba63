import { flag, int, opaque, opt, string, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import { domain, flags } from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

const dom = domain;
const COOKIE_MAX = 4_194_304;

/** Saving to files, jobs and migration. */
export const domainJobProcedures = {
  DOMAIN_MANAGED_SAVE: proc(182, { dom, flags }),
  DOMAIN_HAS_MANAGED_SAVE_IMAGE: proc(183, { dom, flags }, { result: flag }),
  DOMAIN_MANAGED_SAVE_REMOVE: proc(184, { dom, flags }),
  DOMAIN_MANAGED_SAVE_GET_XML_DESC: proc(388, { dom, flags }, { xml: string }),
  DOMAIN_MANAGED_SAVE_DEFINE_XML: proc(389, { dom, dxml: opt(string), flags }),
  DOMAIN_SAVE_FLAGS: proc(232, { dom, to: string, dxml: opt(string), flags }),
  DOMAIN_RESTORE_FLAGS: proc(233, { from: string, dxml: opt(string), flags }),
  DOMAIN_SAVE_PARAMS: proc(440, { dom, params: typedParams(64), flags }),
  DOMAIN_RESTORE_PARAMS: proc(441, { params: typedParams(64), flags }),
  DOMAIN_SAVE_IMAGE_GET_XML_DESC: proc(235, { file: string, flags }, { xml: string }),
  DOMAIN_CORE_DUMP_WITH_FORMAT: proc(334, { dom, to: string, dumpformat: withDefault(uint, 0), flags }),

  /** Times in milliseconds, sizes in bytes. */
  DOMAIN_GET_JOB_INFO: proc(
    163,
    { dom },
    {
      type: int,
      timeElapsed: uhyper,
      timeRemaining: uhyper,
      dataTotal: uhyper,
      dataProcessed: uhyper,
      dataRemaining: uhyper,
      memTotal: uhyper,
      memProcessed: uhyper,
      memRemaining: uhyper,
      fileTotal: uhyper,
      fileProcessed: uhyper,
      fileRemaining: uhyper,
    },
  ),
  DOMAIN_GET_JOB_STATS: proc(298, { dom, flags }, { type: int, params: typedParams(64) }),
  DOMAIN_ABORT_JOB: proc(164, { dom }),
  DOMAIN_ABORT_JOB_FLAGS: proc(442, { dom, flags }),

  /**
   * With `MigrateFlag.PEER2PEER` the source's libvirtd does the whole migration to `dconnuri`. Without it libvirt's
   * C library plays five calls between both hosts, which this package does not.
   */
  DOMAIN_MIGRATE_PERFORM3_PARAMS: proc(
    305,
    {
      dom,
      dconnuri: opt(string),
      params: typedParams(64),
      cookie_in: withDefault(opaque(COOKIE_MAX), new Uint8Array()),
      flags,
    },
    { cookie_out: opaque(COOKIE_MAX) },
  ),
  /** Milliseconds. */
  DOMAIN_MIGRATE_SET_MAX_DOWNTIME: proc(166, { dom, downtime: uhyper, flags }),
  DOMAIN_MIGRATE_GET_MAX_DOWNTIME: proc(387, { dom, flags }, { downtime: uhyper }),
  /** MiB/s. */
  DOMAIN_MIGRATE_SET_MAX_SPEED: proc(207, { dom, bandwidth: uhyper, flags }),
  DOMAIN_MIGRATE_GET_MAX_SPEED: proc(242, { dom, flags }, { bandwidth: uhyper }),
  /** Bytes. */
  DOMAIN_MIGRATE_SET_COMPRESSION_CACHE: proc(300, { dom, cacheSize: uhyper, flags }),
  DOMAIN_MIGRATE_START_POST_COPY: proc(364, { dom, flags }),
  /** The result comes with the domain's `dirtyrate` statistics. */
  DOMAIN_START_DIRTY_RATE_CALC: proc(427, { dom, seconds: int, flags }),
};
