import { useDeferredValue, useId, useMemo, useState } from "react";
import { objectIcons } from "../../app/sections.ts";
import { strings } from "../../strings/index.ts";
import { Input } from "../../ui/field.tsx";
import { useObjectTree, type TreeObject } from "./object-tree.ts";

const s = strings.grants;
const most = 100;

export interface PickedObject {
  kind: string;
  id: string;
  name: string;
}

/** One object of the inventory tree. VMs and the like come when they are searched for: there may be thousands. */
export function ObjectPicker({ value, onChange }: { value: PickedObject; onChange: (value: PickedObject) => void }) {
  const group = useId();
  const tree = useObjectTree();
  const [text, setText] = useState("");
  const search = useDeferredValue(text);
  const found = useMemo(() => find(tree, search), [tree, search]);
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 font-medium">{s.object}</legend>
      <Input
        type="search"
        aria-label={s.findObject}
        placeholder={s.findObject}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="h-52 overflow-y-auto rounded-md border border-line-strong bg-surface p-1">
        {found.length === 0 && <p className="p-2 text-muted">{s.nothing}</p>}
        {found.slice(0, most).map((object) => {
          const Icon = objectIcons[object.kind as keyof typeof objectIcons];
          const chosen = object.kind === value.kind && object.id === value.id;
          return (
            <label
              key={`${object.kind}/${object.id}`}
              className={`flex h-7 cursor-pointer items-center gap-2 rounded px-2 ${chosen ? "bg-accent-soft" : "hover:bg-hover"}`}
              style={search ? undefined : { paddingLeft: 8 + object.depth * 16 }}
            >
              <input
                type="radio"
                name={group}
                checked={chosen}
                onChange={() => onChange({ kind: object.kind, id: object.id, name: object.name })}
                className="accent-accent"
              />
              {Icon && <Icon size={14} aria-hidden className="shrink-0 text-muted" />}
              <span className="truncate">{object.name}</span>
              <span className="ml-auto truncate pl-2 text-muted">
                {search && object.path ? object.path : object.kind === "root" ? "" : strings.common.kinds[object.kind]}
              </span>
            </label>
          );
        })}
      </div>
      {found.length > most && <p className="text-muted">{s.tooMany(most, found.length)}</p>}
    </fieldset>
  );
}

const branches = new Set(["root", "project", "folder", "cluster", "node"]);

function find(tree: readonly TreeObject[], search: string): readonly TreeObject[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return tree.filter(({ kind }) => branches.has(kind));
  return tree.filter(({ kind, id, name }) => {
    const text = `${kind} ${name} ${id}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
