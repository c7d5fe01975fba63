/** The internal contract between the control plane and a host: names overlap with the public one, so it has its own entry. */
export * from "./gen/limiquantix/node/v1/daemon_pb.js";
