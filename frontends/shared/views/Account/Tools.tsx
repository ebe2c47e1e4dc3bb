// The two buttons of every view: the person's accounts, and reading again.
import type { FragmentType } from '../../gql/fragment-masking';
import type { ConnectionsFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { IconButton } from '../../ui/kit';
import { standing } from '../standing';
import { connectable } from './accounts';

export function Tools({
  viewer,
  open,
  toggle,
  busy,
  reload,
}: {
  viewer: FragmentType<typeof ConnectionsFragmentDoc> | undefined;
  /** Whether the accounts are shown; they are drawn by the view, with the id `connections`. */
  open: boolean;
  toggle(): void;
  busy: boolean;
  /** Left out until something is there: it would only move the others. */
  reload?: (() => void) | undefined;
}) {
  const accounts = viewer ? connectable(viewer) : [];
  const attention = accounts.some((it) => !['ready', 'connect'].includes(standing(it)));
  return (
    <>
      {accounts.length > 0 ? (
        <IconButton
          icon="plug"
          label={t('menu.connections')}
          mark={attention}
          expanded={open}
          controls="connections"
          onClick={toggle}
        />
      ) : null}
      {reload ? <IconButton icon="refresh" label={t('action.refresh')} busy={busy} onClick={reload} /> : null}
    </>
  );
}
