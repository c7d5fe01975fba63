import type { CSSProperties } from "react";
import { Toaster as Base } from "sonner";
import { useTheme } from "./theme.ts";

/** The product's colours and letters instead of sonner's own. */
const look = {
  "--normal-bg": "var(--raised)",
  "--normal-border": "var(--line)",
  "--normal-text": "var(--text)",
  fontFamily: "inherit",
} as CSSProperties;

/** Where toasts appear. */
export function Toaster() {
  const theme = useTheme();
  return <Base theme={theme} position="bottom-right" closeButton gap={8} style={look} />;
}
