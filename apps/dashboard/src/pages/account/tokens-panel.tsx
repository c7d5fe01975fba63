import { AuthService, Token_Kind, type Token } from "@limiquantix/api";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { ListTable } from "../../ui/list-table.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SecretDialog } from "../../ui/secret-dialog.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { CreateToken } from "./create-token.tsx";
import { sessionColumns, tokenColumns, tokenName } from "./token-columns.tsx";

const s = strings.account.tokens;

export interface TokensPanelProps {
  /** Whose; empty: one's own. */
  userId: string;
  /** Tokens are made for oneself and for service accounts; nobody else's. */
  canCreate: boolean;
}

/** A user's open sessions and API tokens: to end them, and to make tokens. */
export function TokensPanel({ userId, canCreate }: TokensPanelProps) {
  const client = useClient(AuthService);
  const [dialog, setDialog] = useState<"create" | { revoke: Token } | { secret: string; name: string }>();
  const { data, problem, reload } = useQuery(`tokens ${userId}`, (signal) => client.listTokens({ userId }, { signal }));
  const close = () => setDialog(undefined);
  if (!data) return problem ? <QueryProblem problem={problem} retry={reload} /> : <Skeleton className="h-40" />;
  const newest = (kind: Token_Kind) =>
    data.tokens.filter((token) => token.kind === kind).toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const revoke = (token: Token) => setDialog({ revoke: token });
  return (
    <div className="flex flex-col gap-4">
      <Panel title={s.sessions}>
        <ListTable
          label={s.sessions}
          rows={newest(Token_Kind.SESSION)}
          columns={sessionColumns(revoke)}
          rowKey={({ id }) => id}
          empty={s.noSessions}
        />
      </Panel>
      <Panel
        title={s.tokens}
        actions={
          canCreate && (
            <Button className="my-1" icon={<Plus size={14} />} onClick={() => setDialog("create")}>
              {s.create}
            </Button>
          )
        }
      >
        <ListTable
          label={s.tokens}
          rows={newest(Token_Kind.API)}
          columns={tokenColumns(revoke)}
          rowKey={({ id }) => id}
          empty={s.noTokens}
        />
      </Panel>
      {dialog === "create" && (
        <CreateToken
          userId={userId}
          onClose={() => setDialog((now) => (now === "create" ? undefined : now))}
          onMade={(name, secret) => {
            setDialog({ name, secret });
            reload();
          }}
        />
      )}
      {typeof dialog === "object" && "revoke" in dialog && (
        <AskFirst
          title={s.revokeTitle(tokenName(dialog.revoke))}
          action={s.revoke}
          done={s.revoked}
          onClose={close}
          work={async () => {
            await client.revokeToken({ id: dialog.revoke.id, idempotencyKey: newKey() });
            reload();
          }}
        >
          {s.revokeText}
        </AskFirst>
      )}
      {typeof dialog === "object" && "secret" in dialog && (
        <SecretDialog title={s.secret(dialog.name)} secret={dialog.secret} onClose={close} />
      )}
    </div>
  );
}
