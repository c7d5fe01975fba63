import { strings } from "../strings/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Keys } from "../ui/tooltip.tsx";
import { sections } from "./sections.ts";

export function Help({ onClose }: { onClose: () => void }) {
  const s = strings.shell;
  const rows: [string, string][] = [
    [s.searchHint, "mod+k"],
    [s.help, "?"],
    ...sections.map(({ id, key }) => [`${s.goTo} ${s.sections[id]}`, `g ${key}`] as [string, string]),
  ];
  return (
    <Dialog open onClose={onClose} title={s.help}>
      <ul className="pb-3">
        {rows.map(([what, keys]) => (
          <li key={what} className="flex h-8 items-center border-b border-line/60 last:border-0">
            <span className="grow">{what}</span>
            <Keys>{keys}</Keys>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
