// What can be done with a work item beside a mail: its own steps, and the mail as a comment, as files, as a link.
import { useState } from 'react';
import { t } from '../../i18n';
import { Button } from '../../ui/kit';
import { IssueActions } from '../IssueActions/IssueActions';
import { Refused } from '../IssueActions/Refused';
import { AttachFiles } from './AttachFiles';
import { type CardRef, cardOf } from './IssueCard';
import { QuoteMail } from './QuoteMail';
import { useLink } from './useLink';

export function Doing({ issue, linkId }: { issue: CardRef & { id: string }; linkId: string | null }) {
  const [part, setPart] = useState<'quote' | 'files' | 'unlink' | null>(null);
  const linking = useLink();
  const card = cardOf(issue);
  const key = card.key ?? '';
  const toggle = (it: typeof part) => setPart(part === it ? null : it);
  return (
    <div className="doing">
      <IssueActions issue={card} />
      <div className="actions">
        <Button
          small
          label={t('quote.named', { key })}
          expanded={part === 'quote'}
          onClick={() => toggle('quote')}
        >
          {t('quote.action')}
        </Button>
        <Button
          small
          label={t('files.named', { key })}
          expanded={part === 'files'}
          onClick={() => toggle('files')}
        >
          {t('files.action')}
        </Button>
        {linkId ? (
          <Button
            small
            tone="subtle"
            label={t('link.removeNamed', { key })}
            expanded={part === 'unlink'}
            onClick={() => toggle('unlink')}
          >
            {t('link.remove')}
          </Button>
        ) : (
          <Button
            small
            tone="subtle"
            busy={linking.busy}
            label={t('link.thisMailNamed', { key })}
            onClick={() => linking.link(issue.id, key, 'mail')}
          >
            {t('link.thisMail')}
          </Button>
        )}
      </div>
      {part === 'quote' ? <QuoteMail issue={issue.id} name={key} close={() => setPart(null)} /> : null}
      {part === 'files' ? <AttachFiles issue={issue.id} name={key} close={() => setPart(null)} /> : null}
      {part === 'unlink' && linkId ? (
        <div className="question">
          <span>{t('unlink.ask')}</span>
          <span className="actions">
            <Button small tone="danger" busy={linking.busy} onClick={() => linking.unlink(linkId)}>
              {t('unlink.yes')}
            </Button>
            <Button small tone="subtle" onClick={() => setPart(null)}>
              {t('action.cancel')}
            </Button>
          </span>
        </div>
      ) : null}
      {linking.refusal ? <Refused refusal={linking.refusal} url={card.url} /> : null}
    </div>
  );
}
