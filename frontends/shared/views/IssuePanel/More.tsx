// What comes after a block's first page, read when it is asked for.
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { SourceNote } from '../Account/lazily';
import { drawn, Footnote, MoreButton } from './Block';
import { type AnyKind, type Item, mainSource, type Page } from './block';
import { useIssue } from './context';
import { PARTS } from './parts';

interface MoreProps {
  kind: AnyKind;
  page: Page<Item>;
  /** The person has asked already, and this page had nothing left to reveal. */
  atOnce?: boolean;
}

/** Everything after the page that is shown: a button, then what it brings, and so on. */
export function More({ kind, page, atOnce = false }: MoreProps) {
  const [open, setOpen] = useState(atOnce);
  const after = page.pageInfo.endCursor;
  if (!page.pageInfo.hasNextPage || !after) {
    return null;
  }
  return open ? (
    <NextPage kind={kind} before={page} after={after} />
  ) : (
    <MoreButton onClick={() => setOpen(true)} />
  );
}

function NextPage({ kind, before, after }: { kind: AnyKind; before: Page<Item>; after: string }) {
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
  first.current ??= page.nodes[0]?.id ?? '';
  return (
    <>
      {page.nodes.map((node) => drawn(kind, node, node.id === first.current))}
      <li className="row-note">
        <SourceNote
          source={mainSource(page, kind.provider)}
          held={false}
          retrying={result.fetching || result.stale}
          retry={() => again({ requestPolicy: 'network-only' })}
        />
      </li>
      <Footnote kind={kind} page={page} />
      <More kind={kind} page={page} />
    </>
  );
}
