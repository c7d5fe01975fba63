import { GrantService } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { PlainTable } from "../../ui/plain-table.tsx";

const s = strings.nodes.permissions;

/** Who may do what on an object, from wherever above it was given. */
export function ObjectPermissions({ kind, id }: { kind: string; id: string }) {
  const client = useClient(GrantService);
  const { data, problem, reload } = useQuery(`grants ${kind} ${id}`, (signal) =>
    client.listGrants({ object: { kind, id }, effective: true, pageSize: 1000 }, { signal }),
  );
  if (problem) return <QueryProblem problem={problem} retry={reload} />;
  if (!data) return <SkeletonRows rows={3} />;
  return (
    <div className="p-4">
      <Panel>
        <PlainTable
          label={strings.nodes.tabs.permissions}
          heads={[s.holder, s.role, s.from]}
          rows={data.grants.map((grant) => [
            grant.holderName,
            grant.roleName,
            grant.object?.kind === "root" ? s.everything : <ObjectLink key="on" object={grant.object} withKind />,
          ])}
          empty={s.none}
        />
      </Panel>
    </div>
  );
}
