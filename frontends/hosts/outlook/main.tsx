// The pane beside a mail in Outlook, and the window it opens for people whose Outlook cannot sign them in.
import '../../shared/core/schedule';
import '../../shared/ui/skin-fluent.css';
import { cacheExchange } from 'urql';
import { addTexts } from '../../shared/i18n';
import { mail } from '../../shared/i18n/mail';
import { start } from '../../shared/start';
import { MailPane } from '../../shared/views/MailPane/MailPane';
import { isDialog } from './dialog';
import { outlook } from './office';

if (isDialog()) {
  void import('./window').then((it) => it.signInHere());
} else {
  void addTexts(mail);
  void start(outlook, (mailbox) => <MailPane mailbox={mailbox} />, cacheExchange);
}
