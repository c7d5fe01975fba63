import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { sleep, type Clock } from "@limiquantix/kit";
import { HealthCheckResponse_ServingStatus, HealthCheckResponseSchema } from "../gen/grpc/health/v1/health_pb.js";
import type { Health } from "../gen/grpc/health/v1/health_pb.js";

const lookEveryMs = 1000;

/** gRPC health checking for a server whose services are all well together, or none is. */
export function grpcHealth(server: {
  services: readonly { typeName: string }[];
  ready: () => Promise<boolean>;
  clock: Clock;
}) {
  const known = new Set(["", ...server.services.map((service) => service.typeName)]);
  const statusOf = async (service: string) => {
    if (!known.has(service)) return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
    return (await server.ready())
      ? HealthCheckResponse_ServingStatus.SERVING
      : HealthCheckResponse_ServingStatus.NOT_SERVING;
  };
  return {
    async check({ service }) {
      if (!known.has(service)) throw new ConnectError(`there is no service ${service}`, Code.NotFound);
      return create(HealthCheckResponseSchema, { status: await statusOf(service) });
    },
    async *watch({ service }, { signal }) {
      let told: HealthCheckResponse_ServingStatus | undefined;
      while (!signal.aborted) {
        const status = await statusOf(service);
        if (status !== told) yield create(HealthCheckResponseSchema, { status });
        told = status;
        await sleep(server.clock, lookEveryMs, { signal, background: true }).catch(() => {});
      }
    },
  } satisfies ServiceImpl<typeof Health>;
}
