import { useState, type ComponentType, type ReactNode } from "react";
import { loadLate } from "../app/load-late.ts";

export interface OnDemandProps {
  /** The pointer or the focus is on it already: the real one takes over where the placeholder was. */
  focused: boolean;
  /** It was clicked before it was there. */
  opened: boolean;
}

/**
 * A button whose popup is code of its own: it is loaded when somebody comes near, and takes the place of the button. What
 * the first page needs stays small that way.
 */
export function OnDemand<Props extends object>(options: {
  load: () => Promise<ComponentType<Props & OnDemandProps>>;
  props: Props;
  label: string;
  className: string;
  face: ReactNode;
}) {
  const { load, props, label, className, face } = options;
  const [Real, setReal] = useState<ComponentType<Props & OnDemandProps>>();
  const [focused, setFocused] = useState(false);
  const [pressed, setPressed] = useState(false);
  const [opened, setOpened] = useState(false);
  const come = () => void loadLate(load).then((component) => setReal(() => component));
  // Not between the press and the click: a click belongs to an element that has had both.
  if (Real && !pressed) return <Real {...props} focused={focused} opened={opened} />;
  return (
    <button
      type="button"
      aria-label={label}
      aria-haspopup="true"
      aria-expanded={false}
      className={className}
      onPointerEnter={come}
      onPointerDown={() => setPressed(true)}
      onPointerLeave={() => setPressed(false)}
      onPointerCancel={() => setPressed(false)}
      onFocus={() => {
        setFocused(true);
        come();
      }}
      onBlur={() => setFocused(false)}
      onClick={() => {
        setOpened(true);
        setPressed(false);
        come();
      }}
    >
      {face}
    </button>
  );
}
