import { GroupService, IdentityProviderService, type IdentityProvider } from "@limiquantix/api";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Field, Input, Select, TextArea } from "../../ui/field.tsx";
import { FormDialog, type FieldErrors } from "../../ui/form-dialog.tsx";
import {
  activeDirectory,
  formOf,
  openLdap,
  providerOf,
  type ProviderForm,
  type ProviderKind,
} from "./provider-form.ts";

const s = strings.access.providers;

interface TextField {
  name: string;
  label: string;
  hint?: string;
  /** What counts when it is empty. */
  usual?: string;
  lines?: boolean;
  secret?: boolean;
}

const fields: Record<ProviderKind, TextField[]> = {
  oidc: [
    { name: "issuer", label: s.issuer, hint: s.issuerHint },
    { name: "clientId", label: s.clientId },
    { name: "clientSecret", label: s.clientSecret, secret: true },
    { name: "scopes", label: s.scopes, usual: "openid profile email" },
    { name: "usernameClaim", label: s.usernameClaim, usual: "preferred_username" },
    { name: "nameClaim", label: s.nameClaim, usual: "name" },
    { name: "emailClaim", label: s.emailClaim, usual: "email" },
    { name: "groupsClaim", label: s.groupsClaim, usual: "groups" },
    { name: "caPem", label: s.caPem, hint: s.caPemHint, lines: true },
  ],
  ldap: [
    { name: "urls", label: s.urls, hint: s.urlsHint, lines: true },
    { name: "caPem", label: s.caPem, hint: s.caPemHint, lines: true },
    { name: "bindDn", label: s.bindDn, hint: s.bindDnHint },
    { name: "bindPassword", label: s.bindPassword, secret: true },
    { name: "userBaseDn", label: s.userBaseDn },
    { name: "userFilter", label: s.userFilter, hint: s.userFilterHint, usual: openLdap["userFilter"] ?? "" },
    { name: "groupBaseDn", label: s.groupBaseDn },
    { name: "groupFilter", label: s.groupFilter, hint: s.groupFilterHint, usual: openLdap["groupFilter"] ?? "" },
    { name: "usernameAttribute", label: s.usernameAttribute, usual: "uid" },
    { name: "nameAttribute", label: s.nameAttribute, usual: "cn" },
    { name: "emailAttribute", label: s.emailAttribute, usual: "mail" },
  ],
};

export interface ProviderDialogProps {
  kind: ProviderKind;
  provider?: IdentityProvider;
  onClose: () => void;
  onDone: () => void;
}

export function ProviderDialog({ kind, provider, onClose, onDone }: ProviderDialogProps) {
  const client = useClient(IdentityProviderService);
  const [form, setForm] = useState(() => formOf(provider));
  const set = (change: Partial<ProviderForm>) => setForm({ ...form, ...change });
  const fill = (texts: Record<string, string>) => set({ texts: { ...form.texts, ...texts } });
  return (
    <FormDialog
      wide
      title={provider ? s.editTitle(provider.name) : s.createTitle(s[kind])}
      submit={strings.common.save}
      done={s.saved}
      fields={["name", "displayName", ...fields[kind].map(({ name }) => name)]}
      onClose={onClose}
      work={async () => {
        const wanted = providerOf(kind, form);
        if (!provider) await client.createProvider({ provider: wanted, idempotencyKey: newKey() });
        else {
          await client.updateProvider({
            id: provider.id,
            provider: wanted,
            revision: provider.revision,
            idempotencyKey: newKey(),
          });
        }
        onDone();
      }}
    >
      {(error) => (
        <>
          {kind === "ldap" && (
            <div className="flex flex-wrap items-center gap-2">
              <span className="text-muted">{s.preset}</span>
              <Button onClick={() => fill(openLdap)}>{s.presets.openldap}</Button>
              <Button
                onClick={() => setForm({ ...form, nestedGroups: true, texts: { ...form.texts, ...activeDirectory } })}
              >
                {s.presets.ad}
              </Button>
            </div>
          )}
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={s.name} hint={s.nameHint} error={error("name")}>
              <Input
                autoFocus
                autoComplete="off"
                value={form.name}
                onChange={(event) => set({ name: event.target.value })}
              />
            </Field>
            <Field label={s.displayName} error={error("displayName")}>
              <Input value={form.displayName} onChange={(event) => set({ displayName: event.target.value })} />
            </Field>
            {fields[kind].map((field) => (
              <ProviderText
                key={field.name}
                field={field}
                value={form.texts[field.name] ?? ""}
                onChange={(value) => fill({ [field.name]: value })}
                error={error}
                kept={provider !== undefined}
              />
            ))}
          </div>
          {kind === "oidc" && (
            <p className="text-muted">
              {s.redirect}: <code className="select-all">{`${location.origin}/auth/oidc/callback`}</code>
            </p>
          )}
          {kind === "ldap" && (
            <div className="grid gap-4 sm:grid-cols-2">
              <Checkbox
                label={s.startTls}
                hint={s.startTlsHint}
                checked={form.startTls}
                onChange={(event) => set({ startTls: event.target.checked })}
              />
              <Checkbox
                label={s.nestedGroups}
                checked={form.nestedGroups}
                onChange={(event) => set({ nestedGroups: event.target.checked })}
              />
            </div>
          )}
          <Mappings mappings={form.mappings} onChange={(mappings) => set({ mappings })} />
          <Checkbox
            label={s.disabled}
            hint={s.disabledHint}
            checked={form.disabled}
            onChange={(event) => set({ disabled: event.target.checked })}
          />
        </>
      )}
    </FormDialog>
  );
}

interface ProviderTextProps {
  field: TextField;
  value: string;
  onChange: (value: string) => void;
  error: FieldErrors;
  /** A secret may be there already; it is never shown. */
  kept: boolean;
}

function ProviderText({ field, value, onChange, error, kept }: ProviderTextProps) {
  const hint = field.secret && kept ? s.secretKept : field.hint;
  return (
    <Field label={field.label} hint={hint} error={error(field.name)}>
      {field.lines ? (
        <TextArea rows={2} className="font-mono" value={value} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input
          type={field.secret ? "password" : "text"}
          autoComplete={field.secret ? "new-password" : "off"}
          placeholder={field.usual ? `${s.defaultHint}: ${field.usual}` : undefined}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface MappingsProps {
  mappings: ProviderForm["mappings"];
  onChange: (mappings: ProviderForm["mappings"]) => void;
}

function Mappings({ mappings, onChange }: MappingsProps) {
  const client = useClient(GroupService);
  const { data } = useQuery("group names", (signal) => client.listGroups({ pageSize: 1000 }, { signal }));
  const groups = data?.groups ?? [];
  const change = (index: number, part: Partial<ProviderForm["mappings"][number]>) =>
    onChange(mappings.map((mapping, i) => (i === index ? { ...mapping, ...part } : mapping)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{s.mappings}</legend>
      {mappings.map((mapping, i) => (
        // Rows have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className="flex gap-2">
          <Input
            aria-label={s.external}
            placeholder={s.external}
            value={mapping.external}
            onChange={(event) => change(i, { external: event.target.value })}
          />
          <Select
            aria-label={s.group}
            value={mapping.groupId}
            onChange={(event) => change(i, { groupId: event.target.value })}
            className="max-w-56"
          >
            <option value="">{s.group}</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <Button
            look="ghost"
            aria-label={s.removeMapping}
            icon={<X size={14} />}
            onClick={() => onChange(mappings.filter((_, other) => other !== i))}
          />
        </div>
      ))}
      <div>
        <Button
          icon={<Plus size={14} />}
          blocked={data && groups.length === 0 ? s.noGroups : undefined}
          onClick={() => onChange([...mappings, { external: "", groupId: "" }])}
        >
          {s.addMapping}
        </Button>
      </div>
    </fieldset>
  );
}
