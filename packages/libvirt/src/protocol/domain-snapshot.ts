import { flag, int, list, opt, string } from "../xdr/types.ts";
import { proc } from "./procedure.ts";
import { checkpoint, domain, flags, needResults, snapshot } from "./shapes.ts";

const dom = domain;
const snap = snapshot;

/** Snapshots, checkpoints and backups. */
export const domainSnapshotProcedures = {
  DOMAIN_SNAPSHOT_CREATE_XML: proc(185, { dom, xml_desc: string, flags }, { snap }),
  DOMAIN_SNAPSHOT_GET_XML_DESC: proc(186, { snap, flags }, { xml: string }),
  DOMAIN_SNAPSHOT_LOOKUP_BY_NAME: proc(189, { dom, name: string, flags }, { snap }),
  DOMAIN_HAS_CURRENT_SNAPSHOT: proc(190, { dom, flags }, { result: flag }),
  DOMAIN_SNAPSHOT_CURRENT: proc(191, { dom, flags }, { snap }),
  DOMAIN_SNAPSHOT_GET_PARENT: proc(244, { snap, flags }, { snap }),
  DOMAIN_LIST_ALL_SNAPSHOTS: proc(
    274,
    { dom, need_results: needResults, flags },
    { snapshots: list(snapshot, 16_384), ret: int },
  ),
  DOMAIN_SNAPSHOT_LIST_ALL_CHILDREN: proc(
    275,
    { snapshot, need_results: needResults, flags },
    { snapshots: list(snapshot, 16_384), ret: int },
  ),
  DOMAIN_REVERT_TO_SNAPSHOT: proc(192, { snap, flags }),
  DOMAIN_SNAPSHOT_DELETE: proc(193, { snap, flags }),

  DOMAIN_CHECKPOINT_CREATE_XML: proc(411, { dom, xml_desc: string, flags }, { checkpoint }),
  DOMAIN_CHECKPOINT_GET_XML_DESC: proc(412, { checkpoint, flags }, { xml: string }),
  DOMAIN_LIST_ALL_CHECKPOINTS: proc(
    413,
    { dom, need_results: needResults, flags },
    { checkpoints: list(checkpoint, 16_384), ret: int },
  ),
  DOMAIN_CHECKPOINT_LOOKUP_BY_NAME: proc(415, { dom, name: string, flags }, { checkpoint }),
  DOMAIN_CHECKPOINT_GET_PARENT: proc(416, { checkpoint, flags }, { parent: checkpoint }),
  DOMAIN_CHECKPOINT_DELETE: proc(417, { checkpoint, flags }),

  DOMAIN_BACKUP_BEGIN: proc(421, { dom, backup_xml: string, checkpoint_xml: opt(string), flags }),
  DOMAIN_BACKUP_GET_XML_DESC: proc(422, { dom, flags }, { xml: string }),
};
