import type { Image } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Disc3, Link as LinkIcon, Upload } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useRef, useState, type ReactNode } from "react";
import { defaultProject } from "../../api/default-project.ts";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue, useTab } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { Catalogue } from "./catalogue.tsx";
import { imageColumns } from "./image-columns.tsx";
import { formatName, imageState, osName, poolName, usersOfImages } from "./image-facts.ts";
import { ImportDialog } from "./import-dialog.tsx";
import { DropZone } from "./upload/drop-zone.tsx";
import { UploadDialog } from "./upload/upload-dialog.tsx";
import { UploadPanel } from "./upload/upload-panel.tsx";

const s = strings.images;

export function ImagesPage() {
  const { inventory } = useConnection();
  const all = useRows(inventory.image);
  const [tab, setTab] = useTab("library");
  const [dialog, setDialog] = useSearchValue("do");
  const [files, setFiles] = useState<readonly File[]>();
  const input = useRef<HTMLInputElement>(null);
  const [create] = useCan([{ privilege: "image.create", object: { kind: "project", id: defaultProject } }]);
  const blocked = create?.allowed ? undefined : create?.why || s.actions.checking;
  const take = useCallback((chosen: readonly File[]) => setFiles([...chosen]), []);
  const choose = () => input.current?.click();
  return (
    <Page
      title={s.title}
      subtitle={tab === "library" ? s.count(all.length, all.length) : undefined}
      actions={
        <>
          <Button icon={<LinkIcon size={15} />} blocked={blocked} onClick={() => setDialog("import")}>
            {s.actions.import}
          </Button>
          <Button look="primary" icon={<Upload size={15} />} blocked={blocked} onClick={choose}>
            {s.actions.upload}
          </Button>
        </>
      }
    >
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={s.actions.upload}
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])];
          // The same file can be chosen again.
          event.target.value = "";
          if (chosen.length > 0) take(chosen);
        }}
      />
      <UploadPanel />
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("library", <Library onCatalogue={() => setTab("catalogue")} />),
          panel("catalogue", <Catalogue blocked={blocked} onUpload={choose} />),
        ]}
      />
      {create?.allowed && <DropZone onFiles={take} />}
      {files && <UploadDialog files={files} onClose={() => setFiles(undefined)} />}
      {dialog === "import" && <ImportDialog onClose={() => setDialog("")} />}
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Library({ onCatalogue }: { onCatalogue: () => void }) {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.image);
  // The figures of running VMs change all the time; who uses what does not.
  const vms = useDeferredValue(useRows(inventory.vm));
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const [text, setText] = useSearchValue("q");
  const [state, setState] = useSearchValue("state");
  const [format, setFormat] = useSearchValue("format");
  const [project] = useSearchValue("project");
  const [sort, setSort] = useSearchValue("sort", "name");
  const search = useDeferredValue(text);
  const columns = useMemo(() => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const names = new Map(pools.map((pool) => [pool.id, poolName(pool, byId)]));
    return imageColumns({ pools: names, users: usersOfImages(vms) });
  }, [pools, nodes, vms]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(
      (image) =>
        (!state || imageState(image).name === state) &&
        (!format || formatName(image) === format) &&
        (!project || image.projectId === project) &&
        matches(image, words),
    );
  }, [all, search, state, format, project]);
  const states = useMemo(() => [...new Set(all.map((image) => imageState(image).name))].toSorted(), [all]);
  const formats = useMemo(() => [...new Set(all.map(formatName))].filter(Boolean).toSorted(), [all]);
  const open = useCallback((image: Image) => void navigate({ to: `/images/${image.id}` } as never), [navigate]);
  if (link === "connecting") return <SkeletonRows />;
  return (
    <div className="flex h-full flex-col">
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect
          label={s.columns.state}
          all={s.allStates}
          value={state}
          onChange={setState}
          options={states.map((name) => [name, s.states[name] ?? name])}
        />
        <FilterSelect
          label={s.columns.format}
          all={s.allFormats}
          value={format}
          onChange={setFormat}
          options={formats.map((name) => [name, name])}
        />
      </Filters>
      <DataTable
        label={s.title}
        rows={shown}
        columns={columns}
        sort={sort}
        onSort={setSort}
        onOpen={open}
        empty={
          all.length === 0 ? (
            <EmptyList
              view="image.view"
              icon={<Disc3 size={32} />}
              title={s.none}
              text={s.noneText}
              action={<Button onClick={onCatalogue}>{s.openCatalogue}</Button>}
            />
          ) : (
            <Empty
              title={s.noMatch}
              action={
                <Button onClick={() => void navigate({ to: ".", search: {} } as never)}>
                  {strings.common.clearFilter}
                </Button>
              }
            />
          )
        }
      />
    </div>
  );
}

function matches(image: Image, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const labels = Object.entries(image.labels).map(([key, value]) => `${key}=${value}`);
  const text = [image.name, image.id, image.description, osName(image.spec?.os), ...labels].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
