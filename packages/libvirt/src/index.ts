export { LibvirtConnection } from "./connection.ts";
export type { ConnectionState, LibvirtConnectionOptions } from "./connection.ts";
export * from "./constants.ts";
export { openDedicatedStream } from "./dedicated-stream.ts";
export { ErrorCode, errorCodeName } from "./error-code.ts";
export type { ErrorCodeName } from "./error-code.ts";
export {
  findLibvirtError,
  isLibvirtError,
  LibvirtDisconnectedError,
  LibvirtError,
  LibvirtProtocolError,
} from "./errors.ts";
export type { EventHandler, SubscribeOptions } from "./events/event-hub.ts";
export { Libvirt } from "./libvirt.ts";
export type { CallOptions, CallRest, ConnectOptions, LibvirtApi } from "./libvirt.ts";
export type { EventMessage, EventName, EventSubject } from "./protocol/events.ts";
export type {
  CallName,
  ProcedureArgs,
  ProcedureName,
  ProcedureResult,
  StreamProcedureName,
} from "./protocol/procedures.ts";
export type {
  CheckpointRef,
  DomainRef,
  NetworkRef,
  NodeDeviceRef,
  SecretRef,
  SnapshotRef,
  StoragePoolRef,
  StorageVolRef,
} from "./protocol/shapes.ts";
export { ensureLockspace } from "./lockspace.ts";
export { param, paramsToRecord } from "./protocol/typed-param.ts";
export type { TypedParam, TypedValue } from "./protocol/typed-param.ts";
export type { KeepaliveOptions } from "./rpc/keepalive.ts";
export type { LibvirtStream, StreamHole } from "./rpc/stream.ts";
export { uuidFromString, uuidToString } from "./uuid.ts";
export type { Address, TlsOptions } from "./wire/transport.ts";
export { XdrError } from "./xdr/error.ts";
export type { Int64 } from "./xdr/types.ts";
