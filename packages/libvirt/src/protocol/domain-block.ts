import { flag, hyper, int, list, opaque, opt, string, struct, uhyper, uint, withDefault } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import { domain, flags } from "./shapes.ts";
import { typedParams } from "./typed-param.ts";

const dom = domain;

/** Disks of a domain and block jobs. `path` and `disk` are the target name (`vda`) or the source path. */
export const domainBlockProcedures = {
  /** KiB, or bytes with flag 1. */
  DOMAIN_BLOCK_RESIZE: proc(251, { dom, disk: string, size: uhyper, flags }),
  /** Bytes. */
  DOMAIN_GET_BLOCK_INFO: proc(
    194,
    { dom, path: string, flags },
    { allocation: uhyper, capacity: uhyper, physical: uhyper },
  ),
  DOMAIN_BLOCK_STATS: proc(
    64,
    { dom, path: string },
    { rd_req: hyper, rd_bytes: hyper, wr_req: hyper, wr_bytes: hyper, errs: hyper },
  ),
  DOMAIN_BLOCK_STATS_FLAGS: proc(
    243,
    { dom, path: string, nparams: withDefault(int, 16), flags },
    { params: typedParams(16), nparams: int },
  ),
  DOMAIN_GET_DISK_ERRORS: proc(
    263,
    { dom, maxerrors: withDefault(uint, 256), flags },
    { errors: list(struct({ disk: string, error: int }), 256), nerrors: int },
  ),
  DOMAIN_BLOCK_PEEK: proc(103, { dom, path: string, offset: uhyper, size: uint, flags }, { buffer: opaque(4_194_304) }),
  DOMAIN_SET_BLOCK_THRESHOLD: proc(386, { dom, dev: string, threshold: uhyper, flags }),
  DOMAIN_SET_BLOCK_IO_TUNE: proc(252, { dom, disk: string, params: typedParams(32), flags }),
  DOMAIN_GET_BLOCK_IO_TUNE: proc(
    253,
    { dom, disk: opt(string), nparams: withDefault(int, 32), flags },
    { params: typedParams(32), nparams: int },
  ),
  DOMAIN_SET_BLKIO_PARAMETERS: proc(205, { dom, params: typedParams(16), flags }),
  DOMAIN_GET_BLKIO_PARAMETERS: proc(
    206,
    { dom, nparams: withDefault(int, 16), flags },
    { params: typedParams(16), nparams: int },
  ),

  DOMAIN_BLOCK_JOB_ABORT: proc(237, { dom, path: string, flags }),
  /** `found` is false when no job runs. Bandwidth MiB/s, or bytes/s with flag 1. */
  DOMAIN_GET_BLOCK_JOB_INFO: proc(
    238,
    { dom, path: string, flags },
    { found: flag, type: int, bandwidth: uhyper, cur: uhyper, end: uhyper },
  ),
  DOMAIN_BLOCK_JOB_SET_SPEED: proc(239, { dom, path: string, bandwidth: uhyper, flags }),
  DOMAIN_BLOCK_PULL: proc(240, { dom, path: string, bandwidth: withDefault(uhyper, 0), flags }),
  DOMAIN_BLOCK_REBASE: proc(266, { dom, path: string, base: opt(string), bandwidth: withDefault(uhyper, 0), flags }),
  /** params: `bandwidth` (bytes/s), `granularity`, `buf-size`. */
  DOMAIN_BLOCK_COPY: proc(345, {
    dom,
    path: string,
    destxml: string,
    params: withDefault(typedParams(16), []),
    flags,
  }),
  DOMAIN_BLOCK_COMMIT: proc(290, {
    dom,
    disk: string,
    base: opt(string),
    top: opt(string),
    bandwidth: withDefault(uhyper, 0),
    flags,
  }),
};
