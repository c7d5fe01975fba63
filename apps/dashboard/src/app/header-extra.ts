import { createContext, type ReactNode } from "react";

/** What the demo has in the header besides; nothing in the product. */
export const HeaderExtra = createContext<ReactNode>(null);
