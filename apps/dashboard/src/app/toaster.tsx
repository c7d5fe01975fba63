import { Toaster as Base } from "sonner";
import { useTheme } from "./theme.ts";

/** Where toasts appear. */
export function Toaster() {
  const theme = useTheme();
  return <Base theme={theme} position="bottom-right" closeButton gap={8} />;
}
