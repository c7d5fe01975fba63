/** gRPC's own services: health checking and server reflection. */
export * from "./gen/grpc/health/v1/health_pb.js";
export * from "./gen/grpc/reflection/v1/reflection_pb.js";
export * from "./grpc/health.ts";
export * from "./grpc/reflection.ts";
