import { Popover } from "@base-ui/react/popover";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Bookmark, X } from "lucide-react";
import { useState } from "react";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Input } from "../../../ui/field.tsx";
import { forgetFilter, saveFilter, useSavedFilters } from "./saved-filters.ts";

const s = strings.vms.filters;

/** Filters under names of the user's own: each is an address. */
export function SavedFiltersMenu() {
  const saved = useSavedFilters();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const current = Object.fromEntries(
    Object.entries(search).filter((entry): entry is [string, string] => Boolean(entry[1]) && entry[0] !== "selected"),
  );
  const save = () => {
    if (name.trim() === "") return;
    saveFilter({ name: name.trim(), search: current });
    setName("");
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger render={<Button aria-label={s.saved} title={s.saved} icon={<Bookmark size={15} />} />} />
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-40">
          <Popover.Popup className="flex max-h-[70dvh] w-72 flex-col rounded-lg border border-line bg-raised p-3 shadow-xl outline-none">
            <Popover.Title className="mb-1 font-semibold">{s.saved}</Popover.Title>
            {saved.length === 0 && <p className="py-1 text-muted">{s.none}</p>}
            <ul className="min-h-0 overflow-y-auto">
              {saved.map((filter) => (
                <li key={filter.name} className="flex items-center rounded-md hover:bg-hover">
                  <button
                    type="button"
                    className="h-7 min-w-0 grow truncate px-2 text-left"
                    onClick={() => {
                      setOpen(false);
                      void navigate({ to: ".", search: filter.search } as never);
                    }}
                  >
                    {filter.name}
                  </button>
                  <button
                    type="button"
                    aria-label={s.forgetOf(filter.name)}
                    className="p-1.5 text-muted hover:text-text"
                    onClick={() => forgetFilter(filter.name)}
                  >
                    <X size={13} />
                  </button>
                </li>
              ))}
            </ul>
            {Object.keys(current).length > 0 && (
              <form
                className="mt-2 flex gap-2 border-t border-line pt-3"
                onSubmit={(event) => {
                  event.preventDefault();
                  save();
                }}
              >
                <Input
                  aria-label={s.name}
                  placeholder={s.save}
                  maxLength={60}
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
                <Button type="submit">{s.saveDo}</Button>
              </form>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
