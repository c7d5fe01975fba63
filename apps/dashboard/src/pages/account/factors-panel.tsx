import { AuthService, Factor_Kind, type Factor, type User } from "@limiquantix/api";
import { Fingerprint, KeyRound, Smartphone } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { AddPasskey } from "./add-passkey.tsx";
import { AddTotp } from "./add-totp.tsx";
import { hasPasskeys } from "./passkey.ts";
import { RecoveryCodes } from "./recovery-codes.tsx";

const s = strings.account.factors;

type Open = "totp" | "passkey" | { remove: Factor } | { codes: string[] };

/** One's own second factors. */
export function FactorsPanel({ user, onChanged }: { user: User; onChanged: () => void }) {
  const auth = useClient(AuthService);
  const [open, setOpen] = useState<Open>();
  const { data, problem, reload } = useQuery("factors", (signal) => auth.listFactors({}, { signal }));
  const made = (codes: string[]) => {
    setOpen(codes.length > 0 ? { codes } : undefined);
    reload();
    onChanged();
  };
  const close = () => setOpen(undefined);
  return (
    <Panel title={s.title}>
      {!data && (problem ? <QueryProblem problem={problem} retry={reload} /> : <Skeleton className="h-20" />)}
      {data && (
        <div className="flex flex-col gap-4">
          {data.factors.length === 0 && <p className="text-muted">{s.none}</p>}
          <ul className="flex flex-col">
            {data.factors.map((factor) => (
              <li key={factor.id} className="flex min-h-10 items-center gap-3 border-b border-line/60 last:border-0">
                {factor.kind === Factor_Kind.TOTP ? (
                  <Smartphone size={16} aria-hidden className="text-muted" />
                ) : (
                  <Fingerprint size={16} aria-hidden className="text-muted" />
                )}
                <span className="grow">
                  <span className="font-medium">{factorName(factor)}</span>{" "}
                  <span className="text-muted">
                    {factor.kind === Factor_Kind.TOTP ? s.totp : s.passkey} · {s.added} <Ago at={factor.createdAt} />
                    {factor.lastUsedAt && (
                      <>
                        {" · "}
                        {s.used} <Ago at={factor.lastUsedAt} />
                      </>
                    )}
                  </span>
                </span>
                <Button look="ghost" onClick={() => setOpen({ remove: factor })}>
                  {s.remove}
                </Button>
              </li>
            ))}
          </ul>
          {data.factors.length > 0 && (
            <p className="flex items-center gap-2 text-muted">
              <KeyRound size={14} aria-hidden /> {s.left(data.recoveryCodesLeft)}
            </p>
          )}
          <div className="flex flex-wrap gap-2">
            <Button icon={<Smartphone size={14} />} onClick={() => setOpen("totp")}>
              {s.addTotp}
            </Button>
            <Button
              icon={<Fingerprint size={14} />}
              blocked={hasPasskeys() ? undefined : s.passkeyMissing}
              onClick={() => setOpen("passkey")}
            >
              {s.addPasskey}
            </Button>
          </div>
        </div>
      )}
      {open === "totp" && <AddTotp onClose={close} onMade={made} />}
      {open === "passkey" && (
        <AddPasskey onClose={() => setOpen((now) => (now === "passkey" ? undefined : now))} onMade={made} />
      )}
      {typeof open === "object" && "remove" in open && (
        <RemoveFactor
          factor={open.remove}
          asksPassword={!user.providerId}
          onClose={close}
          onDone={() => {
            reload();
            onChanged();
          }}
        />
      )}
      {typeof open === "object" && "codes" in open && (
        <RecoveryCodes user={user.name} codes={open.codes} onClose={close} />
      )}
    </Panel>
  );
}

function factorName({ name, kind }: Factor): string {
  return name || (kind === Factor_Kind.TOTP ? s.totp : s.passkey);
}

interface RemoveProps {
  factor: Factor;
  asksPassword: boolean;
  onClose: () => void;
  onDone: () => void;
}

function RemoveFactor({ factor, asksPassword, onClose, onDone }: RemoveProps) {
  const auth = useClient(AuthService);
  const [password, setPassword] = useState("");
  return (
    <FormDialog
      title={s.removeTitle(factorName(factor))}
      description={s.removeText}
      submit={s.remove}
      look="danger"
      done={s.removed}
      fields={["password"]}
      onClose={onClose}
      work={async () => {
        await auth.removeFactor({ id: factor.id, password });
        onDone();
      }}
    >
      {(error) =>
        asksPassword && (
          <Field label={s.password} hint={s.passwordHint} error={error("password")}>
            <Input
              autoFocus
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
        )
      }
    </FormDialog>
  );
}
