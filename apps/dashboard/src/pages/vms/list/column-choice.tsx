import { Popover } from "@base-ui/react/popover";
import { Columns3 } from "lucide-react";
import { useSearchValue } from "../../../app/search.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Checkbox } from "../../../ui/field.tsx";
import { columnIds, usualColumns } from "./vm-columns.tsx";

const key = "limiquantix.vms.columns";
const s = strings.vms;

/** The columns of the address; without any, those chosen last in this browser. */
export function useColumnChoice(): [readonly string[], (chosen: readonly string[]) => void] {
  const [value, setValue] = useSearchValue("columns");
  const text = value || localStorage.getItem(key) || usualColumns.join(",");
  const set = (chosen: readonly string[]) => {
    const next = columnIds.filter((id) => chosen.includes(id)).join(",");
    localStorage.setItem(key, next);
    setValue(next);
  };
  return [text.split(","), set];
}

export function ColumnChoice({ chosen, onChange }: { chosen: readonly string[]; onChange: (ids: string[]) => void }) {
  return (
    <Popover.Root>
      <Popover.Trigger
        render={<Button aria-label={s.columnChoice} title={s.columnChoice} icon={<Columns3 size={15} />} />}
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-40">
          <Popover.Popup className="flex max-h-[70dvh] w-52 flex-col gap-2 overflow-y-auto rounded-lg border border-line bg-raised p-3 shadow-xl outline-none">
            <Popover.Title className="font-semibold">{s.columnChoice}</Popover.Title>
            {columnIds
              .filter((id) => id !== "name")
              .map((id) => (
                <Checkbox
                  key={id}
                  label={s.columns[id]}
                  checked={chosen.includes(id)}
                  onChange={(event) =>
                    onChange(event.target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
                  }
                />
              ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
