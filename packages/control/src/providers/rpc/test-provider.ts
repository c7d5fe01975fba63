import { create } from "@bufbuild/protobuf";
import { TestProviderResponseSchema, type TestProviderRequest, type TestProviderResponse } from "@limiquantix/api";
import { mappedGroups } from "../group-mapping.ts";
import type { ProviderParts } from "../parts.ts";
import { getProvider, openSecret } from "../provider.ts";
import { openIdSettings } from "../settings.ts";

/**
 * Changes nothing, so a dry run is the same, and a repeat asks again. Whatever the provider does is the answer, and no
 * error. Throws NOT_FOUND.
 */
export async function testProvider(parts: ProviderParts, request: TestProviderRequest): Promise<TestProviderResponse> {
  const row = getProvider(parts.db, request.id);
  const { provider } = row;
  const answer = create(TestProviderResponseSchema);
  if (!parts.sso) {
    answer.steps.push("this control plane runs without single sign-on");
    return answer;
  }
  try {
    const secret = openSecret(parts.sealer, row);
    if (provider?.kind.case === "oidc") {
      await parts.sso.openId.inspect(openIdSettings(row, provider.kind.value, secret), answer.steps);
      answer.steps.push("who may log in shows at the first login: only the user can prove to it who they are");
    } else if (provider?.kind.case === "ldap") {
      const settings = { ldap: provider.kind.value, bindPassword: secret };
      const person = await parts.sso.directory.inspect(settings, answer.steps, request.username);
      if (request.username && !person) return answer;
      if (person) {
        answer.dn = person.externalId;
        answer.name = person.name;
        answer.email = person.email;
        answer.externalGroups = person.groups.map(({ id }) => id);
        answer.groupIds = mappedGroups(provider, person.groups);
      }
    }
    answer.works = true;
  } catch (error) {
    answer.steps.push(`it fails: ${error instanceof Error ? error.message : String(error)}`);
  }
  return answer;
}
