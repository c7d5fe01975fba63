import { Lock } from "lucide-react";
import { strings } from "../strings/index.ts";
import { Empty } from "./states.tsx";

/** In place of what is not for this user: which privilege is missing on what, and who can help. */
export function Forbidden(props: { title?: string; message: string; tryThis: string | undefined }) {
  const { title = strings.common.forbidden, message, tryThis } = props;
  return (
    <Empty icon={<Lock size={32} />} title={title}>
      <span className="block first-letter:uppercase">{message}.</span>
      {tryThis}
    </Empty>
  );
}
