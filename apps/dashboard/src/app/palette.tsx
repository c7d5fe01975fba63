import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useEffect, useMemo, useRef, useState } from "react";
import { useConnection } from "../api/context.tsx";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { Keys } from "../ui/tooltip.tsx";
import { commands } from "./commands.ts";
import type { PaletteProps } from "./early-palette.tsx";
import { objectIcons, sections } from "./sections.ts";

const mostObjects = 40;

/** Finds every object and every action by a few letters. */
export function Palette({ early, onClose, returnFocus }: PaletteProps) {
  const s = strings.shell;
  const navigate = useNavigate();
  const [text, setText] = useState(early.text);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!early.entered) return;
    // When the list has chosen its first.
    const timer = setTimeout(() => {
      field.current?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });
    return () => clearTimeout(timer);
  }, [early.entered]);
  // With what is typed, not a moment later: Enter opens the first of them.
  const objects = useObjects(text);
  const go = (to: string) => {
    onClose();
    const [path, query = ""] = to.split("?");
    void navigate({ to: path, search: Object.fromEntries(new URLSearchParams(query)) } as never);
  };
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (label: string) => words.every((word) => label.toLowerCase().includes(word));
  const places = sections.filter(({ id }) => matches(`${s.goTo} ${s.sections[id]}`));
  const actions = commands.filter(({ label }) => matches(label));
  const item = "flex h-8 items-center gap-2 rounded-md px-2 data-[selected=true]:bg-hover";
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-shade" />
        <Dialog.Popup
          finalFocus={returnFocus}
          aria-label={s.searchHint}
          className="fixed top-[12dvh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 rounded-xl border border-line bg-raised shadow-2xl outline-none"
        >
          <Command shouldFilter={false} loop label={s.searchHint}>
            <Command.Input
              ref={field}
              autoFocus
              value={text}
              onValueChange={setText}
              placeholder={s.search}
              className="h-11 w-full border-b border-line bg-transparent px-4 text-[14px] outline-none placeholder:text-faint"
            />
            <Command.List className="max-h-[55dvh] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-[11px] [&_[cmdk-group-heading]]:text-faint">
              <Command.Empty className="px-2 py-6 text-center text-muted">{s.nothingFound}</Command.Empty>
              {objects.length > 0 && (
                <Command.Group heading={s.objects}>
                  {objects.map(({ key, kind, name, detail, to }) => {
                    const Icon = objectIcons[kind];
                    return (
                      <Command.Item key={key} value={key} onSelect={() => go(to)} className={item}>
                        <Icon aria-hidden size={14} className="text-muted" />
                        <span className="truncate">{name}</span>
                        <span className="truncate text-faint">{detail}</span>
                      </Command.Item>
                    );
                  })}
                </Command.Group>
              )}
              {actions.length > 0 && (
                <Command.Group heading={s.actions}>
                  {actions.map(({ label, to, icon: Icon, keys }) => (
                    <Command.Item key={label} value={label} onSelect={() => go(to)} className={item}>
                      <Icon aria-hidden size={14} className="text-muted" />
                      <span className="grow">{label}</span>
                      {keys && <Keys>{keys}</Keys>}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {places.length > 0 && (
                <Command.Group heading={s.goTo}>
                  {places.map(({ id, path, icon: Icon, key }) => (
                    <Command.Item key={id} value={id} onSelect={() => go(path)} className={item}>
                      <Icon aria-hidden size={14} className="text-muted" />
                      <span className="grow">{s.sections[id]}</span>
                      <Keys>{`g ${key}`}</Keys>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface Found {
  key: string;
  kind: keyof typeof objectIcons;
  name: string;
  detail: string;
  to: string;
}

/** The objects whose name, label or address has every word of the text; names that begin with it first. */
function useObjects(text: string): Found[] {
  const { inventory } = useConnection();
  const [vms, nodes, images] = [useRows(inventory.vm), useRows(inventory.node), useRows(inventory.image)];
  const [pools, networks, clusters] = [useRows(inventory.pool), useRows(inventory.network), useRows(inventory.cluster)];
  return useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const found: (Found & { rank: number })[] = [];
    const add = (kind: Found["kind"], to: string, row: { id: string; name: string }, detail = "") => {
      const all = `${row.name} ${detail} ${row.id}`.toLowerCase();
      if (!words.every((word) => all.includes(word))) return;
      const rank = row.name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1;
      found.push({ key: `${kind}/${row.id}`, kind, name: row.name, detail, to: `${to}/${row.id}`, rank });
    };
    for (const vm of vms)
      add("vm", "/vms", vm, [...(vm.status?.ipAddresses ?? []), ...Object.values(vm.labels)].join(" "));
    for (const node of nodes) add("node", "/nodes", { id: node.id, name: node.hostname }, node.managementIp);
    for (const image of images) add("image", "/images", image);
    for (const pool of pools) add("pool", "/pools", pool);
    for (const network of networks) add("network", "/networks", network);
    for (const cluster of clusters) add("cluster", "/clusters", cluster);
    return found.toSorted((a, b) => a.rank - b.rank || a.name.localeCompare(b.name)).slice(0, mostObjects);
  }, [text, vms, nodes, images, pools, networks, clusters]);
}
