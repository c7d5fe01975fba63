import { IdentityProviderService, type IdentityProvider } from "@limiquantix/api";
import { Ellipsis, Fingerprint, Plus } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { Filters } from "../../ui/filters.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { ProviderDialog } from "./provider-dialog.tsx";
import type { ProviderKind } from "./provider-form.ts";
import { ProviderTest } from "./provider-test.tsx";

const s = strings.access.providers;

type Open = { what: "create"; kind: ProviderKind } | { what: Asked; provider: IdentityProvider };
type Asked = "edit" | "test" | "delete";

export function ProvidersTab() {
  const client = useClient(IdentityProviderService);
  const [open, setOpen] = useState<Open>();
  const [manage] = useCan([{ privilege: "provider.manage" }]);
  const { data, problem, reload } = useQuery("providers", (signal) => client.listProviders({}, { signal }));
  const blocked = blockedBy(manage);
  const close = () => setOpen(undefined);
  if (!data) return problem ? <QueryProblem problem={problem} retry={reload} /> : <SkeletonRows />;
  return (
    <>
      <Filters>
        <div className="grow" />
        {(["oidc", "ldap"] as const).map((kind) => (
          <Button
            key={kind}
            icon={<Plus size={14} />}
            blocked={blocked}
            onClick={() => setOpen({ what: "create", kind })}
          >
            {kind === "oidc" ? s.createOidc : s.createLdap}
          </Button>
        ))}
      </Filters>
      {data.providers.length === 0 ? (
        <Empty icon={<Fingerprint size={32} />} title={s.none}>
          {s.noneText}
        </Empty>
      ) : (
        <div className="px-4">
          <ListTable
            label={strings.access.tabs.providers}
            rows={data.providers}
            columns={columnsOf(blocked, (what, provider) => setOpen({ what, provider }))}
            rowKey={({ id }) => id}
          />
        </div>
      )}
      {open?.what === "create" && <ProviderDialog kind={open.kind} onClose={close} onDone={reload} />}
      {open?.what === "edit" && open.provider.kind.case && (
        <ProviderDialog kind={open.provider.kind.case} provider={open.provider} onClose={close} onDone={reload} />
      )}
      {open?.what === "test" && <ProviderTest provider={open.provider} onClose={close} />}
      {open?.what === "delete" && (
        <AskFirst
          title={s.deleteTitle(open.provider.name)}
          action={s.delete}
          done={s.deleted}
          onClose={close}
          work={async () => {
            await client.deleteProvider({ id: open.provider.id, idempotencyKey: newKey() });
            reload();
          }}
        >
          {s.deleteText}
        </AskFirst>
      )}
    </>
  );
}

function columnsOf(
  blocked: string | undefined,
  ask: (what: Asked, provider: IdentityProvider) => void,
): ListColumn<IdentityProvider>[] {
  const c = s.columns;
  return [
    {
      id: "name",
      title: c.name,
      cell: ({ name, displayName }) => (
        <>
          <span className="font-medium">{name}</span> <span className="text-muted">{displayName}</span>
        </>
      ),
    },
    { id: "kind", title: c.kind, cell: ({ kind }) => kind.case && s[kind.case] },
    {
      id: "where",
      title: c.where,
      className: "text-muted",
      cell: ({ kind }) =>
        kind.case === "oidc" ? kind.value.issuer : kind.case === "ldap" ? kind.value.urls.join(", ") : "",
    },
    { id: "mappings", title: c.mappings, align: "right", cell: ({ groupMappings }) => groupMappings.length },
    {
      id: "state",
      title: c.state,
      cell: ({ disabled }) => <StateDot tone={disabled ? "idle" : "ok"} label={disabled ? s.off : s.on} />,
    },
    {
      id: "actions",
      title: "",
      align: "right",
      cell: (provider) => (
        <span className="inline-flex gap-1">
          <Button blocked={blocked} onClick={() => ask("test", provider)}>
            {s.test}
          </Button>
          <Menu
            label={s.actions(provider.name)}
            trigger={<Button look="ghost" icon={<Ellipsis size={15} />} />}
            groups={[
              [{ label: s.edit, blocked, onSelect: () => ask("edit", provider) }],
              [{ label: s.delete, danger: true, blocked, onSelect: () => ask("delete", provider) }],
            ]}
          />
        </span>
      ),
    },
  ];
}
