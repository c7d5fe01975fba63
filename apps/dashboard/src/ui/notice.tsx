import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const looks = {
  info: { look: "bg-info-soft text-info", Icon: Info },
  warn: { look: "bg-warn-soft text-warn", Icon: TriangleAlert },
  bad: { look: "bg-bad-soft text-bad", Icon: CircleAlert },
};

/** Something that one should know before one reads on. */
export function Notice({ tone, children }: { tone: keyof typeof looks; children: ReactNode }) {
  const { look, Icon } = looks[tone];
  return (
    <div role="status" className={`flex items-start gap-2 rounded-lg px-3 py-2 ${look}`}>
      <Icon aria-hidden size={15} className="mt-0.5 shrink-0" />
      <div className="min-w-0 grow first-letter:uppercase">{children}</div>
    </div>
  );
}
