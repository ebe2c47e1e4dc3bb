// A Teams chat: its topic, or who is in it, and when something was last said.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import {
  type ChatPageFragment,
  ChatPageFragmentDoc,
  type ChatRowFragment,
  ChatRowFragmentDoc,
  IssueChatsDocument,
  type IssueChatsQuery,
} from '../../gql/graphql';
import { ago, moment, t } from '../../i18n';
import { Avatar, External } from '../../ui/kit';
import type { BlockKind } from './block';

type Ref = FragmentType<typeof ChatPageFragmentDoc>;
type Node = ChatPageFragment['nodes'][number];

export const chats: BlockKind<IssueChatsQuery, Ref, Node> = {
  name: 'chats',
  icon: 'chat',
  provider: 'MICROSOFT',
  document: IssueChatsDocument,
  find: (data) => data.issue?.chats,
  read: (ref) => readFragment(ChatPageFragmentDoc, ref),
  row: (node) => ({ name: nameOf(readFragment(ChatRowFragmentDoc, node)), content: <Chat chat={node} /> }),
};

function nameOf(chat: ChatRowFragment): string {
  return chat.topic || people(chat, 3) || t(`row.chat.${chat.kind ?? 'UNKNOWN'}`);
}

/** The first few members by name, and how many more there are. */
function people(chat: ChatRowFragment, most: number): string {
  const names = (chat.members ?? []).map((it) => it.name).filter((it): it is string => Boolean(it));
  const first = names.slice(0, most).join(', ');
  return names.length > most ? t('row.allOf', { first, n: names.length - most }) : first;
}

function Chat({ chat: ref }: { chat: FragmentType<typeof ChatRowFragmentDoc> }) {
  const chat = readFragment(ChatRowFragmentDoc, ref);
  const kind = t(`row.chat.${chat.kind ?? 'UNKNOWN'}`);
  const members = chat.topic ? people(chat, 3) : '';
  return (
    <>
      <Avatar name={nameOf(chat)} />
      <div className="row-text">
        <div className="row-title">
          <External className="title" href={chat.webUrl}>
            {nameOf(chat)}
          </External>
          {chat.updatedAt ? (
            <time className="aside" dateTime={chat.updatedAt} title={moment(chat.updatedAt)}>
              {ago(chat.updatedAt)}
            </time>
          ) : null}
        </div>
        <div className="row-detail">
          <span>{[kind, members].filter(Boolean).join(' · ')}</span>
        </div>
      </div>
    </>
  );
}
