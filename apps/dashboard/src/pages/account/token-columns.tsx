import { Token_Kind, type Token } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { ListColumn } from "../../ui/list-table.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { GrantObject } from "../grants/grant-object.tsx";

const s = strings.account.tokens;
const c = s.columns;

/** A session is known by what opened it. */
export function tokenName({ name, client, kind }: Token): string {
  return (kind === Token_Kind.SESSION ? client : name) || s.unnamed;
}

const expires: ListColumn<Token> = { id: "expires", title: c.expires, cell: ({ expiresAt }) => <At at={expiresAt} /> };
const used: ListColumn<Token> = {
  id: "used",
  title: c.used,
  className: "text-muted",
  cell: ({ lastUsedAt, lastAddress }) => (
    <span className="whitespace-nowrap">
      <Ago at={lastUsedAt} /> {lastAddress}
    </span>
  ),
};

export function sessionColumns(revoke: (token: Token) => void): ListColumn<Token>[] {
  return [
    {
      id: "client",
      title: c.name,
      cell: (token) => (
        <span className="flex max-w-72 items-center gap-2">
          <span className="truncate" title={token.client}>
            {tokenName(token)}
          </span>
          {token.current && <Badge tone="ok">{s.current}</Badge>}
        </span>
      ),
    },
    expires,
    used,
    end(s.end, revoke),
  ];
}

export function tokenColumns(revoke: (token: Token) => void): ListColumn<Token>[] {
  return [
    { id: "name", title: c.name, cell: ({ name }) => <span className="font-medium">{name}</span> },
    {
      id: "scopes",
      title: c.scopes,
      cell: ({ scopes, objects }) => (
        <span className="flex flex-wrap gap-x-2">
          {scopes.length > 0 ? <code className="text-[12px]">{scopes.join(" ")}</code> : s.everything}
          {objects.map((object) => (
            <span key={object.id}>
              <GrantObject object={object} />
            </span>
          ))}
        </span>
      ),
    },
    expires,
    used,
    end(s.revoke, revoke),
  ];
}

function end(label: string, revoke: (token: Token) => void): ListColumn<Token> {
  return {
    id: "revoke",
    title: "",
    align: "right",
    cell: (token) => (
      <Button look="ghost" aria-label={`${label}: ${tokenName(token)}`} onClick={() => revoke(token)}>
        {label}
      </Button>
    ),
  };
}
