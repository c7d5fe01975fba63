import { XdrReader, XdrWriter } from "@limiquantix/libvirt/xdr";
import { RpcError } from "./errors.ts";

/** Which procedure of which program. */
export interface Procedure {
  program: number;
  version: number;
  procedure: number;
}

/** Whose files are made (AUTH_SYS). */
export interface Identity {
  uid: number;
  gid: number;
  machine: string;
}

const CALL = 0;
const REPLY = 1;
const RPC_VERSION = 2;
const AUTH_NONE = 0;
const AUTH_SYS = 1;
const REFUSALS = [
  "",
  "program is not there",
  "version is not spoken",
  "procedure is not there",
  "arguments make no sense",
];

/** A call (RFC 5531, 9). */
export function callMessage(
  xid: number,
  { program, version, procedure }: Procedure,
  identity: Identity | undefined,
  encode: (w: XdrWriter) => void,
): Uint8Array {
  const w = new XdrWriter();
  for (const word of [xid, CALL, RPC_VERSION, program, version, procedure]) w.uint(word);
  w.uint(identity ? AUTH_SYS : AUTH_NONE);
  w.opaque(identity ? authSys(identity) : new Uint8Array(), 400);
  w.uint(AUTH_NONE);
  w.uint(0);
  encode(w);
  return w.bytes();
}

/** RFC 5531, appendix A. */
function authSys({ uid, gid, machine }: Identity): Uint8Array {
  const w = new XdrWriter();
  w.uint(0);
  w.string(machine.slice(0, 64), 255);
  w.uint(uid);
  w.uint(gid);
  w.uint(0);
  return w.bytes();
}

/** Whose answer it is, and its results, or why there are none. */
export function readReply(record: Uint8Array): { xid: number; results: XdrReader } | { xid: number; error: RpcError } {
  const r = new XdrReader(record);
  const xid = r.uint();
  if (r.uint() !== REPLY) throw new RpcError("the server sent a call where an answer is due", "EPROTO");
  if (r.uint() !== 0) {
    const mismatch = r.uint() === 0;
    const why = mismatch ? "another version of RPC" : `who we are (auth_stat ${r.uint()})`;
    return { xid, error: new RpcError(`the server refuses ${why}`, mismatch ? "EPROTO" : "EACCES") };
  }
  r.uint();
  r.opaque(400);
  const status = r.uint();
  if (status === 0) return { xid, results: r };
  return { xid, error: new RpcError(`the server says: ${REFUSALS[status] ?? "an error of its own"}`, "EPROTO") };
}
