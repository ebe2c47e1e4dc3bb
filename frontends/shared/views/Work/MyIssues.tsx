// The person's work items: what is assigned to them, what they reported, what they watch.
import { useState } from 'react';
import { useQuery } from 'urql';
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { MyListDocument, WorkListFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { Button } from '../../ui/kit';
import { IssueRow } from './IssueRow';
import { Section } from './Section';

type ListRef = FragmentType<typeof WorkListFragmentDoc>;
type Which = 'assigned' | 'reported' | 'watched';

const LISTS: readonly Which[] = ['assigned', 'reported', 'watched'];
/** How many are read at first, and when more are asked for. */
const FEW = 20;
const MANY = 50;

interface MyIssuesProps {
  assigned: ListRef | null;
  sites: boolean;
  busy: boolean;
  reload(): void;
}

export function MyIssues({ assigned, sites, busy, reload }: MyIssuesProps) {
  const [which, setWhich] = useState<Which>('assigned');
  const [first, setFirst] = useState(FEW);
  const own = which !== 'assigned' || first > FEW;
  const [result, again] = useQuery({
    query: MyListDocument,
    variables: {
      first,
      assigned: which === 'assigned',
      reported: which === 'reported',
      watched: which === 'watched',
    },
    pause: !own,
    requestPolicy: 'cache-and-network',
  });
  // While more of a list is read, what there is of it stays.
  const ref = (own ? result.data?.myWork[which] : null) ?? (which === 'assigned' ? assigned : null);
  const list = readFragment(WorkListFragmentDoc, ref);
  const choose = (it: Which) => {
    setWhich(it);
    setFirst(FEW);
  };
  const reading = busy || (own && (result.fetching || result.stale));
  return (
    <Section
      key={which}
      name="issues"
      icon="list"
      title={t('work.issues')}
      empty={t(`work.empty.${which}`)}
      list={list ?? null}
      speaks={() => true}
      busy={reading}
      retry={() => (own ? again({ requestPolicy: 'network-only' }) : reload())}
      tools={<Filter which={which} choose={choose} />}
    >
      {(nodes) => (
        <>
          {own && result.error && !list ? <p className="empty">{t('trouble.failed')}</p> : null}
          <ul className="rows">
            {nodes.map((issue) => (
              <IssueRow key={issue.id} issue={issue} sites={sites} />
            ))}
          </ul>
          {list?.hasMore && first < MANY ? (
            <div className="more">
              <Button small tone="subtle" busy={reading} onClick={() => setFirst(MANY)}>
                {t('action.more')}
              </Button>
            </div>
          ) : list?.hasMore ? (
            <p className="footnote">{t('work.newest', { n: nodes.length })}</p>
          ) : null}
        </>
      )}
    </Section>
  );
}

/** One of three, as a row of buttons: what is chosen is pressed. */
function Filter({ which, choose }: { which: Which; choose(which: Which): void }) {
  return (
    <fieldset className="switch">
      <legend className="unseen">{t('work.filter')}</legend>
      {LISTS.map((it) => (
        <button key={it} type="button" aria-pressed={it === which} onClick={() => choose(it)}>
          {t(`work.${it}`)}
        </button>
      ))}
    </fieldset>
  );
}
