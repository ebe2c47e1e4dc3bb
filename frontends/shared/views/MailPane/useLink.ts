// Linking the open mail to a work item, and taking that back.
import { useState } from 'react';
import { useMutation } from 'urql';
import { LinkMailDocument, UnlinkDocument } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { type Refusal, useIntent } from '../IssueActions/intent';
import { useMail, usePane } from './context';
import { refOf } from './mailbox';

export type Scope = 'mail' | 'conversation';

export interface Linking {
  busy: boolean;
  refusal: Refusal | null;
  /** The link that was just made. */
  made: string | null;
  link(issue: string, key: string, scope: Scope): Promise<boolean>;
  unlink(link: string): Promise<boolean>;
}

export function useLink(): Linking {
  const mail = useMail();
  const { reload } = usePane();
  const intent = useIntent();
  const [made, setMade] = useState<string | null>(null);
  const [, linkMail] = useMutation(LinkMailDocument);
  const [, unlinkMail] = useMutation(UnlinkDocument);
  return {
    busy: intent.busy,
    refusal: intent.refusal,
    made,
    async link(issue, key, scope) {
      const { itemId, internetMessageId, mailbox } = refOf(mail);
      let link: string | null = null;
      const done = await intent.pursue(
        `link ${issue} ${scope}`,
        (idempotencyKey) =>
          linkMail({
            input: {
              idempotencyKey,
              issue,
              // A mail keeps its Message-ID when it is moved, which changes its id.
              mail: internetMessageId ? null : itemId,
              internetMessageId,
              mailbox,
              wholeConversation: scope === 'conversation',
            },
          }),
        (data) => {
          link = data.linkMail.link?.id ?? null;
          return data.linkMail.userErrors;
        },
      );
      announce(t(done ? 'link.done' : 'link.failed', { key }));
      if (done) {
        setMade(link);
        reload();
      }
      return done;
    },
    async unlink(link) {
      const done = await intent.pursue(
        `unlink ${link}`,
        (idempotencyKey) => unlinkMail({ input: { idempotencyKey, link } }),
        (data) => data.unlink.userErrors,
      );
      announce(t(done ? 'unlink.done' : 'unlink.failed'));
      if (done) {
        setMade(null);
        reload();
      }
      return done;
    },
  };
}
