import { GrantService, type Grant } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { GrantObject } from "../grants/grant-object.tsx";

/** The roles that a user (by themselves or by a group) or a group holds, and on what. */
export function RolesHeld({ userId = "", groupId = "", none }: { userId?: string; groupId?: string; none: string }) {
  const client = useClient(GrantService);
  const { data, problem } = useQuery(`held ${userId} ${groupId}`, (signal) =>
    client.listGrants({ userId, groupId, effective: userId !== "", pageSize: 1000 }, { signal }),
  );
  if (!data) return problem ? <QueryProblem problem={problem} /> : <Skeleton className="h-10" />;
  if (data.grants.length === 0) return <p className="text-muted">{none}</p>;
  return (
    <ul className="flex flex-col gap-1">
      {data.grants.map((grant) => (
        <li key={grant.id}>
          <span className="font-medium">{grant.roleName}</span> <GrantObject object={grant.object} />
          {grant.thisObjectOnly && <span className="text-muted"> ({strings.grants.only})</span>}
          {userId && isByGroup(grant) && (
            <span className="text-muted"> {strings.access.users.by(grant.holderName)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function isByGroup({ holder }: Grant): boolean {
  return holder.case === "groupId";
}
