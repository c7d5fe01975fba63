import { FileUp, Plus, Trash2, TriangleAlert } from "lucide-react";
import { lazy, Suspense, useId, useRef, useState } from "react";
import { toast } from "sonner";
import { strings } from "../../../../strings/index.ts";
import { Button } from "../../../../ui/button.tsx";
import { Field, Input, TextArea } from "../../../../ui/field.tsx";
import { Skeleton } from "../../../../ui/states.tsx";
import { checkKeys, keysIn, withPasted } from "../ssh-keys.ts";
import type { StepProps } from "../step-props.ts";
import { waysIn } from "../validate.ts";

const s = strings.createVm.access;
const userDataBegin = "#cloud-config\n";

const YamlEditor = lazy(() =>
  import("../../../../ui/yaml-editor.tsx").then(({ YamlEditor }) => ({ default: YamlEditor })),
);

export function AccessStep(props: StepProps) {
  const { draft, change, fault, context } = props;
  if (draft.source !== "image") return <p className="text-muted">{s.notCloud}</p>;
  const imageUser = context.images.get(draft.imageId)?.spec?.defaultUser ?? "";
  return (
    <div className="flex flex-col gap-5">
      <p className="text-muted">
        {s.text} {s.notKept}
      </p>
      <Field label={s.user} hint={s.userHint(imageUser)} error={fault("username")}>
        <Input
          autoFocus
          autoComplete="off"
          spellCheck={false}
          maxLength={32}
          placeholder={imageUser}
          value={draft.username}
          onChange={(event) => change({ username: event.target.value })}
        />
      </Field>
      <Passwords {...props} />
      <SshKeys {...props} />
      <UserData {...props} />
      <WaysIn ways={waysIn(draft, imageUser)} />
    </div>
  );
}

function Passwords({ draft, change, fault }: StepProps) {
  const [shown, setShown] = useState(false);
  const type = shown ? "text" : "password";
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label={s.password} hint={s.passwordHint} error={fault("password")}>
        <Input
          type={type}
          autoComplete="new-password"
          spellCheck={false}
          value={draft.password}
          onChange={(event) => change({ password: event.target.value })}
        />
      </Field>
      <div className="flex items-start gap-2">
        <div className="grow">
          <Field label={s.confirmation} error={fault("confirmation")}>
            <Input
              type={type}
              autoComplete="new-password"
              spellCheck={false}
              value={draft.confirmation}
              onChange={(event) => change({ confirmation: event.target.value })}
            />
          </Field>
        </div>
        <Button className="mt-[1.7rem]" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? s.hide : s.show}
        </Button>
      </div>
    </div>
  );
}

function SshKeys({ draft, change, fault }: StepProps) {
  const { sshKeys } = draft;
  const input = useRef<HTMLInputElement>(null);
  const checks = checkKeys(sshKeys);
  const add = async (files: FileList | null) => {
    const found: string[] = [];
    for (const file of files ?? []) {
      const keys = file.size < 65_536 ? keysIn(await file.text()).filter((line) => checkKeys([line])[0]?.type) : [];
      if (keys.length === 0) toast.error(s.noKeysIn(file.name));
      found.push(...keys);
    }
    change((before) => ({ sshKeys: [...before.sshKeys.filter((key) => key.trim()), ...found] }));
  };
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">{s.keys}</h3>
      {sshKeys.map((key, i) => (
        // A key has no name of its own until it is whole.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className="flex items-start gap-2">
          <div className="min-w-0 grow">
            <Field
              label={s.key(i + 1)}
              hint={checks[i]?.type ? s.keyOk(checks[i].type, checks[i].comment ?? "") : s.keyHint}
              // As one types: a key is pasted whole, or is wrong.
              error={checks[i]?.fault ? s.keyFault(checks[i].fault) : fault(`sshKeys.${i}`)}
            >
              <TextArea
                rows={2}
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-[12px] break-all"
                value={key}
                onKeyDown={(event) => {
                  if (event.key !== "Enter") return;
                  event.preventDefault();
                  event.currentTarget.form?.requestSubmit();
                }}
                onChange={(event) => change({ sshKeys: withPasted(sshKeys, i, event.target.value) })}
              />
            </Field>
          </div>
          <Button
            look="ghost"
            className="mt-[1.7rem]"
            aria-label={s.removeKey(i + 1)}
            icon={<Trash2 size={14} />}
            onClick={() => change({ sshKeys: sshKeys.toSpliced(i, 1) })}
          />
        </div>
      ))}
      <div className="flex flex-wrap gap-2">
        <Button icon={<Plus size={14} />} onClick={() => change({ sshKeys: [...sshKeys, ""] })}>
          {s.addKey}
        </Button>
        <Button icon={<FileUp size={14} />} onClick={() => input.current?.click()}>
          {s.importKey}
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept=".pub,text/plain"
          aria-label={s.importKey}
          onChange={(event) => {
            void add(event.target.files);
            event.target.value = "";
          }}
        />
      </div>
    </section>
  );
}

function UserData({ draft, change, fault }: StepProps) {
  const note = useId();
  const open = draft.userData !== "";
  const error = fault("userData");
  return (
    <section className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <div className="grow">
          <h3 className="font-medium">{s.userData}</h3>
          <p className="text-muted">{s.userDataText}</p>
        </div>
        {open ? (
          <Button icon={<Trash2 size={14} />} onClick={() => change({ userData: "" })}>
            {s.removeUserData}
          </Button>
        ) : (
          <Button icon={<Plus size={14} />} onClick={() => change({ userData: userDataBegin })}>
            {s.addUserData}
          </Button>
        )}
      </div>
      {open && (
        <>
          <Suspense fallback={<Skeleton className="h-44" />}>
            <YamlEditor
              label={s.userData}
              value={draft.userData}
              invalid={error !== undefined}
              describedBy={note}
              onChange={(userData) => change({ userData: userData || "\n" })}
            />
          </Suspense>
          <p id={note} role={error ? "alert" : undefined} className={error ? "text-bad" : "text-muted"}>
            {error ?? s.userDataOk}
          </p>
        </>
      )}
    </section>
  );
}

export function WaysIn({ ways }: { ways: readonly string[] }) {
  if (ways.length === 0) {
    return (
      <div role="note" className="flex gap-3 rounded-lg bg-warn-soft p-3">
        <TriangleAlert size={16} className="mt-0.5 shrink-0 text-warn" />
        <div>
          <p className="font-medium">{s.noWay}</p>
          <p>{s.noWayText}</p>
        </div>
      </div>
    );
  }
  return (
    <div className="rounded-lg bg-ok-soft p-3">
      <p className="font-medium">{s.ways}</p>
      <ul className="list-disc pl-5">
        {ways.map((way) => (
          <li key={way}>{way}</li>
        ))}
      </ul>
    </div>
  );
}
