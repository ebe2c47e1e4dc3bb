// The person's work items: what is assigned to them, what they reported, what they watch.
import { t } from '../../i18n';
import { Button } from '../../ui/kit';
import { IssueRow } from './IssueRow';
import { Section } from './Section';
import type { MyIssues as Shown, Which } from './useMyIssues';

const LISTS: readonly Which[] = ['assigned', 'reported', 'watched'];

export function MyIssues({ issues, sites }: { issues: Shown; sites: boolean }) {
  const { which, list, reading, more } = issues;
  return (
    <Section
      key={which}
      name="issues"
      icon="list"
      title={t('work.issues')}
      empty={t(`work.empty.${which}`)}
      list={list}
      speaks={() => true}
      busy={reading}
      retry={issues.retry}
      tools={<Filter which={which} choose={issues.choose} />}
    >
      {(nodes) => (
        <>
          {issues.failed ? <p className="empty">{t('trouble.failed')}</p> : null}
          <ul className="rows">
            {nodes.map((issue) => (
              <IssueRow key={issue.id} issue={issue} sites={sites} />
            ))}
          </ul>
          {more ? (
            <div className="more">
              <Button small tone="subtle" busy={reading} onClick={more}>
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
