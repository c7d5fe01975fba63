import { Link } from "@tanstack/react-router";
import { strings } from "../strings/index.ts";
import { sectionGroups } from "./sections.ts";
import { InventoryTree } from "./inventory-tree.tsx";

/** The sections and the inventory; on a phone a drawer that the menu button opens. */
export function Sidebar({ drawer, onClose }: { drawer: boolean; onClose: () => void }) {
  return (
    <>
      {drawer && (
        <button type="button" aria-label="Close" className="fixed inset-0 z-30 bg-shade md:hidden" onClick={onClose} />
      )}
      <nav
        aria-label={strings.shell.menu}
        className={`z-30 w-56 shrink-0 flex-col border-r border-line bg-ground max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:shadow-2xl ${drawer ? "flex" : "hidden md:flex"}`}
      >
        <div className="flex h-11 shrink-0 items-center gap-2 px-4">
          <img src="/icon.svg" alt="" width={20} height={20} />
          <span className="text-[14px] font-semibold tracking-tight">{strings.shell.product}</span>
        </div>
        <div className="min-h-0 grow overflow-y-auto px-2 pb-4">
          {sectionGroups.map(({ title, sections }) => (
            <div key={title} className="mt-2">
              <h2 className="px-2 py-1 text-[11px] font-medium text-faint">{title}</h2>
              <ul>
                {sections.map(({ id, path, icon: Icon }) => (
                  <li key={id}>
                    <Link
                      to={path as never}
                      activeOptions={{ exact: path === "/", includeSearch: false }}
                      className="flex h-7 items-center gap-2 rounded-md px-2 text-muted hover:bg-hover hover:text-text data-[status=active]:bg-pressed data-[status=active]:font-medium data-[status=active]:text-text"
                    >
                      <Icon aria-hidden size={15} />
                      {strings.shell.sections[id]}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
          <InventoryTree />
        </div>
      </nav>
    </>
  );
}
