import { lazy, Suspense, useMemo, useState, type ComponentType, type ReactNode } from "react";

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
  const [wanted, setWanted] = useState(false);
  const [focused, setFocused] = useState(false);
  const [opened, setOpened] = useState(false);
  const Real = useMemo(() => lazy(() => load().then((component) => ({ default: component }))), [load]);
  const placeholder = (
    <button
      type="button"
      aria-label={label}
      aria-haspopup="true"
      aria-expanded={false}
      className={className}
      onPointerEnter={() => setWanted(true)}
      onFocus={() => {
        setFocused(true);
        setWanted(true);
      }}
      onBlur={() => setFocused(false)}
      onClick={() => {
        setOpened(true);
        setWanted(true);
      }}
    >
      {face}
    </button>
  );
  if (!wanted) return placeholder;
  const Component = Real as ComponentType<Props & OnDemandProps>;
  return (
    <Suspense fallback={placeholder}>
      <Component {...props} focused={focused} opened={opened} />
    </Suspense>
  );
}
