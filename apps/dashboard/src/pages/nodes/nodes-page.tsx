import type { Node } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Plus, Server } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { JoinDialog } from "./join-dialog.tsx";
import { nodeColumns } from "./node-columns.tsx";
import { nodeState } from "./node-state.ts";

const s = strings.nodes;

export function NodesPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.node);
  const clusters = useRows(inventory.cluster);
  const [text, setText] = useSearchValue("q");
  const [phase, setPhase] = useSearchValue("state");
  const [cluster, setCluster] = useSearchValue("cluster");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [dialog, setDialog] = useSearchValue("do");
  const search = useDeferredValue(text);
  const [join] = useCan([{ privilege: "node.join" }]);

  const names = useMemo(() => new Map(clusters.map(({ id, name }) => [id, name])), [clusters]);
  const columns = useMemo(() => nodeColumns(names), [names]);
  const phases = useMemo(() => [...new Set(all.map((node) => nodeState(node).label))].toSorted(), [all]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(
      (node) =>
        (!phase || nodeState(node).label === phase) &&
        (!cluster || (cluster === "none" ? node.clusterId === "" : node.clusterId === cluster)) &&
        matches(node, words),
    );
  }, [all, search, phase, cluster]);
  const open = useCallback((node: Node) => void navigate({ to: `/nodes/${node.id}` } as never), [navigate]);
  const joinButton = (
    <Button look="primary" icon={<Plus size={15} />} blocked={blockedBy(join)} onClick={() => setDialog("join")}>
      {s.join}
    </Button>
  );

  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={joinButton}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect
          label={s.columns.phase}
          all={s.allPhases}
          value={phase}
          onChange={setPhase}
          options={phases.map((name) => [name, name])}
        />
        {clusters.length > 0 && (
          <FilterSelect
            label={s.columns.cluster}
            all={s.allClusters}
            value={cluster}
            onChange={setCluster}
            options={[...clusters.map(({ id, name }) => [id, name] as const), ["none", s.noCluster]]}
          />
        )}
      </Filters>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : all.length === 0 ? (
        <EmptyList
          view="node.view"
          forbidden={s.forbidden}
          icon={<Server size={32} />}
          title={s.none}
          text={s.noneText}
          action={joinButton}
        />
      ) : (
        <DataTable
          label={s.title}
          rows={shown}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={open}
          empty={
            <Empty
              title={s.noMatch}
              action={<Button onClick={() => void navigate({ to: ".", search: {} } as never)}>{s.clearFilter}</Button>}
            />
          }
        />
      )}
      {dialog === "join" && <JoinDialog onClose={() => setDialog("")} />}
    </Page>
  );
}

function matches(node: Node, words: string[]): boolean {
  if (words.length === 0) return true;
  const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);
  const text = [node.hostname, node.id, node.managementIp, ...labels].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
