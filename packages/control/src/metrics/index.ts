export type { HistoryFile } from "./recorder.ts";
