// A mail: who wrote, about what, when, and how it begins.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { type MailPageFragment, MailPageFragmentDoc, MailRowFragmentDoc } from '../../gql/graphql';
import { ago, moment, t } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Avatar, External } from '../../ui/kit';
import type { BlockKind } from './block';

type Ref = FragmentType<typeof MailPageFragmentDoc>;
type Node = MailPageFragment['nodes'][number];

export const mails: BlockKind<Ref, Node> = {
  name: 'mails',
  icon: 'mail',
  provider: 'MICROSOFT',
  read: (ref) => readFragment(MailPageFragmentDoc, ref),
  row: (node) => {
    const mail = readFragment(MailRowFragmentDoc, node);
    const name = mail.subject || t('row.noSubject');
    return { name, content: <Mail mail={node} /> };
  },
};

function Mail({ mail: ref }: { mail: FragmentType<typeof MailRowFragmentDoc> }) {
  const mail = readFragment(MailRowFragmentDoc, ref);
  const from = mail.from?.name || mail.from?.email;
  const unread = mail.isRead === false;
  return (
    <>
      <Avatar name={from} />
      <div className="row-text">
        <div className="row-title">
          <External className={`title${unread ? ' unread' : ''}`} href={mail.webUrl}>
            {mail.subject || t('row.noSubject')}
            {unread ? <span className="unseen"> ({t('row.unread')})</span> : null}
          </External>
          {mail.hasAttachments ? (
            <span className="aside" title={t('row.attachments')}>
              <Icon name="clip" size={14} />
              <span className="unseen">{t('row.attachments')}</span>
            </span>
          ) : null}
          {mail.receivedAt ? (
            <time className="aside" dateTime={mail.receivedAt} title={moment(mail.receivedAt)}>
              {ago(mail.receivedAt)}
            </time>
          ) : null}
        </div>
        <div className="row-detail">
          <span className="strong">{from}</span>
          {mail.preview ? <span className="preview"> {mail.preview}</span> : null}
        </div>
      </div>
    </>
  );
}
