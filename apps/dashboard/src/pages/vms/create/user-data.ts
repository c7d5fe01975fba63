import { parseDocument } from "yaml";
import { strings } from "../../../strings/index.ts";

export interface UserDataFault {
  line: number;
  message: string;
}

const s = strings.createVm.access;
const mostBytes = 65_536;

/** What cloud-init, or the control plane before it, would not take; undefined for what is empty or good. */
export function userDataFault(text: string): UserDataFault | undefined {
  if (text.trim() === "") return undefined;
  if (new TextEncoder().encode(text).length > mostBytes) return { line: 1, message: s.tooLong };
  if (!/^#cloud-config[ \t]*(\r?\n|$)/.test(text)) return { line: 1, message: s.notCloudConfig };
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) {
    // Its first line says what is wrong; the rest quotes the text.
    const message = (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
    return { line: error.linePos?.[0].line ?? 1, message };
  }
  const contents: unknown = document.toJS({ maxAliasCount: 100 });
  const mapping = contents === null || (typeof contents === "object" && !Array.isArray(contents));
  return mapping ? undefined : { line: 2, message: s.notMapping };
}
