import { int, opaque, string } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import { flags, secret } from "./shapes.ts";

const VALUE_MAX = 65_536;

export const secretProcedures = {
  SECRET_LOOKUP_BY_UUID: proc(141, { uuid: secret.fields.uuid }, { secret }),
  /** usageType: 0 none, 1 volume, 2 Ceph, 3 iSCSI, 4 TLS, 5 vTPM. */
  SECRET_LOOKUP_BY_USAGE: proc(147, { usageType: int, usageID: string }, { secret }),
  SECRET_DEFINE_XML: proc(142, { xml: string, flags }, { secret }),
  SECRET_GET_XML_DESC: proc(143, { secret, flags }, { xml: string }),
  SECRET_SET_VALUE: proc(144, { secret, value: opaque(VALUE_MAX), flags }),
  SECRET_GET_VALUE: proc(145, { secret, flags }, { value: opaque(VALUE_MAX) }),
  SECRET_UNDEFINE: proc(146, { secret }),
};
