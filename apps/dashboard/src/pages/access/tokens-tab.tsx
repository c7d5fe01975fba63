import { User_Kind, UserService } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useSearchValue } from "../../app/search.ts";
import { useSession } from "../../app/session.tsx";
import { strings } from "../../strings/index.ts";
import { Filters, FilterSelect } from "../../ui/filters.tsx";
import { TokensPanel } from "../account/tokens-panel.tsx";

const s = strings.access.tokens;

/** Anybody's sessions and tokens, for whoever may; one's own for everybody. */
export function TokensTab() {
  const client = useClient(UserService);
  const session = useSession();
  const [whose, setWhose] = useSearchValue("user");
  const { data } = useQuery("user names", (signal) => client.listUsers({ pageSize: 1000 }, { signal }));
  const users = (data?.users ?? []).filter(({ id }) => id !== session?.user.id);
  const isService = users.some(({ id, kind }) => id === whose && kind === User_Kind.SERVICE);
  return (
    <>
      <Filters>
        <FilterSelect
          label={s.whose}
          all={s.myself}
          value={whose}
          onChange={setWhose}
          options={users.map(({ id, name }) => [id, name])}
        />
        <p className="text-muted">{s.text}</p>
      </Filters>
      <div className="max-w-5xl p-4">
        <TokensPanel userId={whose} canCreate={whose === "" || isService} />
      </div>
    </>
  );
}
