// What comes after a block's first page, read when it is asked for.
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { SourceNote } from '../Account/lazily';
import { Footnote, inOrder, listed, MoreButton, underOf } from './Block';
import { type AnyKind, type GroupName, type Item, mainSource, type Page } from './block';
import { useIssue } from './context';
import { PARTS } from './parts';

interface MoreProps {
  kind: AnyKind;
  page: Page<Item>;
  /** What its last row stands under. */
  under: GroupName | undefined;
  /** The person has asked already, and this page had nothing left to reveal. */
  atOnce?: boolean;
}

/** Everything after the page that is shown: a button, then what it brings, and so on. */
export function More({ kind, page, under, atOnce = false }: MoreProps) {
  const [open, setOpen] = useState(atOnce);
  const after = page.pageInfo.endCursor;
  if (!page.pageInfo.hasNextPage || !after) {
    return null;
  }
  return open ? (
    <NextPage kind={kind} before={page} under={under} after={after} />
  ) : (
    <MoreButton onClick={() => setOpen(true)} />
  );
}

function NextPage({
  kind,
  before,
  under,
  after,
}: {
  kind: AnyKind;
  before: Page<Item>;
  under: GroupName | undefined;
  after: string;
}) {
  const { id } = useIssue();
  const [result, again] = useQuery({ query: PARTS[kind.name], variables: { id, after } });
  const last = useRef<unknown>(null);
  const first = useRef<string | null>(null);
  const read = useRef(before);
  useEffect(() => {
    // The page before this one was read again: what has left it at its end is here now.
    if (read.current !== before) {
      read.current = before;
      again({ requestPolicy: 'network-only' });
    }
  }, [before, again]);
  // What is shown stays until its successor is there.
  last.current = result.data?.issue?.[kind.name] ?? last.current;
  const ref = last.current;
  if (!ref) {
    return result.error ? (
      <li>
        <Note
          tone="warning"
          actions={
            <Button small busy={result.fetching} onClick={() => again({ requestPolicy: 'network-only' })}>
              {t('action.retry')}
            </Button>
          }
        >
          {t('trouble.failed')}
        </Note>
      </li>
    ) : (
      <MoreButton busy onClick={() => {}} />
    );
  }
  const page = kind.read(ref);
  const rows = inOrder(kind, page.nodes);
  first.current ??= rows[0]?.id ?? '';
  return (
    <>
      {listed(kind, rows, first.current, under)}
      <li className="row-note">
        <SourceNote
          source={mainSource(page, kind.provider)}
          held={false}
          retrying={result.fetching || result.stale}
          retry={() => again({ requestPolicy: 'network-only' })}
        />
      </li>
      <Footnote kind={kind} page={page} />
      <More kind={kind} page={page} under={underOf(kind, rows) ?? under} />
    </>
  );
}
