import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Certificate_Kind, CertificateService, SystemService, type MetricsHistory } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Facts, Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";

const s = strings.settings.about;

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export function AboutTab() {
  const client = useClient(SystemService);
  const certificateClient = useClient(CertificateService);
  const { data, problem, reload } = useQuery("system", (signal) => client.getSystemInfo({}, { signal }));
  // Its names are in the certificates that it shows to others; who may not see them sees no names.
  const { data: known } = useQuery("own certificates", (signal) =>
    certificateClient.listCertificates({ kind: Certificate_Kind.CONTROL_PLANE }, { signal }),
  );
  if (!data) return problem ? <QueryProblem problem={problem} retry={reload} /> : <SkeletonRows />;
  const names = [...new Set(known?.certificates.flatMap(({ names }) => names))];
  return (
    <div className="flex max-w-3xl flex-col gap-4 p-4">
      {data.openLoopback && (
        <p role="status" className="rounded-lg border border-line bg-warn-soft p-3 text-warn">
          {s.openWarning}
        </p>
      )}
      {data.metricsHistory?.problem && (
        <p role="status" className="rounded-lg border border-line bg-warn-soft p-3 text-warn">
          {strings.charts.missing(data.metricsHistory.problem)}
        </p>
      )}
      <Panel title={s.title}>
        <Facts
          facts={[
            [s.version, data.version],
            [s.store, s.stores[data.store] ?? data.store],
            [s.mode, data.openLoopback ? s.open : s.closed],
            [s.address, <code key="address">{location.origin}</code>],
            ...(names.length > 0 ? [[s.addresses, names.join(", ")] as const] : []),
            ...(data.metricsHistory ? [[s.history, historyText(data.metricsHistory)] as const] : []),
            [s.revision, String(data.revision)],
          ]}
        />
      </Panel>
    </div>
  );
}

function historyText({ source, keptSince }: MetricsHistory): string {
  return source === "prometheus" && keptSince ? s.prometheus(day.format(timestampDate(keptSince))) : s.embedded;
}
