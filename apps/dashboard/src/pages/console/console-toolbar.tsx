import { Camera, Ellipsis, Keyboard, Maximize, Scaling, TextCursorInput } from "lucide-react";
import type { ReactNode } from "react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { keysym } from "./keysyms.ts";
import { scales, type Scale, type VncView } from "./vnc-view.ts";

const s = strings.console;
const { control, alt } = keysym;

const combinations: { label: string; keys: readonly number[] }[][] = [
  [
    { label: s.keys.ctrlAltDel, keys: [control, alt, keysym.delete] },
    { label: s.keys.ctrlAltBackspace, keys: [control, alt, keysym.backspace] },
    { label: s.keys.ctrlC, keys: [control, 0x63] },
    { label: s.keys.altTab, keys: [alt, keysym.tab] },
    { label: s.keys.altF4, keys: [alt, keysym.f(4)] },
  ],
  [
    { label: s.keys.super, keys: [keysym.super] },
    { label: s.keys.escape, keys: [keysym.escape] },
    { label: s.keys.tab, keys: [keysym.tab] },
    { label: s.keys.printScreen, keys: [keysym.printScreen] },
  ],
  [1, 2, 3, 4, 5, 6, 7].map((n) => ({ label: s.keys.terminal(n), keys: [control, alt, keysym.f(n)] })),
];

export interface ConsoleToolbarProps {
  view: VncView | undefined;
  /** Nothing can be typed. */
  viewOnly: boolean;
  scale: Scale;
  onScale: (scale: Scale) => void;
  onScreenshot: () => void;
  onType: () => void;
  frame: React.RefObject<HTMLDivElement | null>;
  /** Who else is there, and what else may be said. */
  children?: ReactNode;
  more?: MenuItem[][];
}

/** What can be done at a screen. Without a view its buttons are grey. */
export function ConsoleToolbar(props: ConsoleToolbarProps) {
  const { view, viewOnly, scale, onScale, onScreenshot, onType, frame, children, more = [] } = props;
  const off = view ? undefined : s.connecting;
  const noKeys = off ?? (viewOnly ? s.viewOnlyHint : undefined);
  const press = (keys: readonly number[]) => {
    view?.press(keys);
    // The menu gives the focus back to its button first.
    setTimeout(() => view?.focus(), 0);
  };
  const fullScreen = () =>
    void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-1.5 border-b border-line px-3 py-1.5">
      <Button onClick={() => press([control, alt, keysym.delete])} blocked={noKeys}>
        {s.keys.ctrlAltDel}
      </Button>
      <Menu
        label={s.keys.title}
        trigger={<Button icon={<Keyboard size={14} />}>{s.keys.title}</Button>}
        groups={combinations.map((group) =>
          group.map(({ label, keys }) => ({ label, onSelect: () => press(keys), blocked: noKeys })),
        )}
      />
      <Button icon={<TextCursorInput size={14} />} onClick={onType} blocked={noKeys}>
        {s.type.action}
      </Button>
      <div className="flex min-w-0 grow items-center gap-2 px-1">{children}</div>
      <Menu
        label={s.scale.title}
        trigger={<Button look="ghost" icon={<Scaling size={15} />} />}
        groups={[
          scales.map((id) => ({
            label: s.scale[id],
            icon: id === scale ? "✓" : undefined,
            onSelect: () => onScale(id),
          })),
        ]}
      />
      <Button
        look="ghost"
        aria-label={s.screenshot}
        title={s.screenshot}
        icon={<Camera size={15} />}
        onClick={onScreenshot}
        blocked={off}
      />
      <Button
        look="ghost"
        aria-label={s.fullScreen}
        title={s.fullScreen}
        icon={<Maximize size={15} />}
        onClick={fullScreen}
      />
      {more.length > 0 && (
        <Menu label={s.more} trigger={<Button look="ghost" icon={<Ellipsis size={15} />} />} groups={more} />
      )}
    </div>
  );
}
