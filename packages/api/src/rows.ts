/** The control plane's own rows: never on the wire, so they are no part of the public entry. */
export * from "./gen/limiquantix/control/v1/rows_pb.js";
