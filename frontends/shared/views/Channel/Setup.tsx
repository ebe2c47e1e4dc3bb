// Setting a channel's tab up: which site, and a project or a filter. The host saves what is chosen.
import { useEffect, useRef, useState } from 'react';
import { useClient, useQuery } from 'urql';
import { troubleOf } from '../../core/trouble';
import {
  ChannelProjectsDocument,
  ChannelSetupDocument,
  type ChannelSetupQuery,
  ChannelTrialDocument,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { Announcer, announce } from '../../ui/announcer';
import { useFocusHome } from '../../ui/focus';
import { Radios, SelectField, TextField } from '../../ui/form';
import { Button, Note, Skeleton } from '../../ui/kit';
import { AccountContext } from '../Account/context';
import { Failure } from '../Account/Failure';
import { Placemat } from '../Account/lazily';
import { concernsAccount, standing } from '../standing';
import { useRead } from '../useRead';
import { type ChannelProps, jiraOf } from './Channel';

/** Milliseconds to wait for another letter before projects are looked for. */
const PAUSE = 300;

interface SetupProps {
  /** What the tab shows now, when it is set up again. */
  now: ChannelProps | null;
  /** Tells the host what would be saved; null while nothing can be. */
  offer(tab: ChannelProps | null): void;
}

export function Setup({ now, offer }: SetupProps) {
  const { data, error, busy, reload, account } = useRead(ChannelSetupDocument, {});
  const main = useRef<HTMLElement>(null);
  useFocusHome(main);
  const jira = jiraOf(data);
  return (
    <AccountContext.Provider value={account}>
      <main className="panel setup" ref={main}>
        <h1 tabIndex={-1}>{t('setup.title')}</h1>
        <p className="hint">{t('setup.intro')}</p>
        {error && !data ? (
          <Failure trouble={troubleOf(error)} busy={busy} retry={reload} />
        ) : !data ? (
          <Skeleton rows={3} />
        ) : jira && concernsAccount(standing(jira)) ? (
          <Placemat source={jira} standing={standing(jira)} />
        ) : (
          <Form sites={data.viewer.sites} now={now} offer={offer} />
        )}
      </main>
      <Announcer />
    </AccountContext.Provider>
  );
}

interface FormProps extends SetupProps {
  sites: ChannelSetupQuery['viewer']['sites'];
}

function Form({ sites, now, offer }: FormProps) {
  const [site, setSite] = useState(now?.site ?? sites[0]?.id ?? '');
  const [what, setWhat] = useState<'project' | 'filter'>(now ? 'filter' : 'project');
  const tell = useRef(offer);
  tell.current = offer;
  const chosen = (title: string | null, jql: string | null) =>
    tell.current(jql === null ? null : { title, site: site || null, jql });
  return (
    <div className="form">
      {sites.length > 1 ? (
        <SelectField
          label={t('setup.site')}
          value={site}
          choices={sites.map((it) => ({ id: it.id, name: it.name ?? it.url ?? it.id }))}
          change={(id) => {
            offer(null);
            setSite(id);
          }}
        />
      ) : null}
      <Radios
        legend={t('setup.what')}
        value={what}
        choices={[
          { id: 'project', name: t('setup.project') },
          { id: 'filter', name: t('setup.filter') },
        ]}
        change={(it) => {
          offer(null);
          setWhat(it);
        }}
      />
      {what === 'project' ? (
        <Project key={site} site={site || null} chosen={chosen} />
      ) : (
        <Filter key={site} site={site || null} jql={now?.jql ?? ''} chosen={chosen} />
      )}
    </div>
  );
}

interface PartProps {
  site: string | null;
  chosen(title: string | null, jql: string | null): void;
}

function Project({ site, chosen }: PartProps) {
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const [project, setProject] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  const [result, again] = useQuery({
    query: ChannelProjectsDocument,
    variables: { site, search: search || null },
  });
  const found = result.data?.projects?.nodes;
  const choose = (id: string) => {
    setProject(id);
    const it = found?.find((one) => one.id === id);
    chosen(
      it?.name ?? null,
      it ? `project = "${it.key}" AND statusCategory != Done ORDER BY updated DESC` : null,
    );
    if (it) {
      announce(t('setup.ready'));
    }
  };
  if (!found && result.error) {
    return (
      <Note
        tone="warning"
        actions={
          <Button small busy={result.fetching} onClick={() => again({ requestPolicy: 'network-only' })}>
            {t('action.retry')}
          </Button>
        }
      >
        {t('setup.notNow')}
      </Note>
    );
  }
  return (
    <>
      <TextField label={t('setup.projectSearch')} type="search" value={typed} change={setTyped} />
      <SelectField
        label={t('setup.projectLabel')}
        required
        value={project}
        choices={(found ?? []).map((it) => ({ id: it.id, name: `${it.name} (${it.key})` }))}
        empty={result.fetching ? t('status.loading') : t('setup.choose')}
        hint={found?.length === 0 ? t('setup.noProjects') : null}
        change={choose}
      />
    </>
  );
}

type Trial = 'running' | 'invalid' | 'later' | { key: string | null } | null;

function Filter({ site, jql, chosen }: PartProps & { jql: string }) {
  const client = useClient();
  const [text, setText] = useState(jql);
  const [trial, setTrial] = useState<Trial>(null);
  const run = async () => {
    const tried = text.trim();
    setTrial('running');
    const { data, error } = await client
      .query(ChannelTrialDocument, { jql: tried, site }, { requestPolicy: 'network-only' })
      .toPromise();
    if (data?.issues) {
      setTrial({ key: data.issues.nodes[0]?.key ?? null });
      chosen(null, tried);
      announce(t('setup.ready'));
      return;
    }
    const bad = error?.graphQLErrors.some((it) => it.extensions.code === 'BAD_USER_INPUT');
    setTrial(bad ? 'invalid' : 'later');
    announce(t(bad ? 'setup.invalid' : 'setup.notNow'));
  };
  return (
    <>
      <TextField
        label={t('setup.jqlLabel')}
        required
        rows={3}
        limit={2000}
        value={text}
        hint={t('setup.jqlHint')}
        error={trial === 'invalid' ? t('setup.invalid') : null}
        change={(it) => {
          setText(it);
          setTrial(null);
          chosen(null, null);
        }}
      />
      {trial === 'later' ? <Note tone="warning">{t('setup.notNow')}</Note> : null}
      {trial && typeof trial === 'object' ? (
        <Note tone="info">{trial.key ? t('setup.matches', { key: trial.key }) : t('setup.matchesNone')}</Note>
      ) : null}
      <div className="actions">
        <Button busy={trial === 'running' || !text.trim()} onClick={run}>
          {t('setup.check')}
        </Button>
      </div>
    </>
  );
}
