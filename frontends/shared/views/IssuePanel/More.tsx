// What comes after a block's first page, read when it is asked for.
import { useState } from 'react';
import { useQuery } from 'urql';
import { t } from '../../i18n';
import { Button, Note } from '../../ui/kit';
import { SourceNote } from '../Account/SourceNote';
import { drawn, Footnote, MoreButton } from './Block';
import { type AnyKind, type Item, mainSource, type Page } from './block';
import { useIssue } from './context';

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
  return open ? <NextPage kind={kind} after={after} /> : <MoreButton onClick={() => setOpen(true)} />;
}

function NextPage({ kind, after }: { kind: AnyKind; after: string }) {
  const { id } = useIssue();
  const [result, again] = useQuery<unknown, { id: string; after?: string | null }>({
    query: kind.document,
    variables: { id, after },
  });
  const ref = result.data ? kind.find(result.data) : null;
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
  return (
    <>
      {page.nodes.map((node, index) => drawn(kind, node, index === 0))}
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
