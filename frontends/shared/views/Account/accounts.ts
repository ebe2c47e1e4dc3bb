// What a view has to know of the person's accounts before it shows any.
import { type FragmentType, readFragment } from '../../gql/fragment-masking';
import { type ConnectionsFragment, ConnectionsFragmentDoc } from '../../gql/graphql';
import { standing } from '../standing';

export type Connection = NonNullable<ConnectionsFragment['connections']>[number];

/** The accounts that this person connects by hand: in Jira they are signed in to Jira already. */
export function connectable(viewer: FragmentType<typeof ConnectionsFragmentDoc> | null): Connection[] {
  const read = readFragment(ConnectionsFragmentDoc, viewer);
  return (read?.connections ?? []).filter(
    (it) => (it.provider !== 'JIRA' || read?.host !== 'JIRA') && standing(it) !== 'absent',
  );
}

/** The viewer's own ids at the providers they are connected to. */
export function subjects(viewer: FragmentType<typeof ConnectionsFragmentDoc>): string[] {
  const read = readFragment(ConnectionsFragmentDoc, viewer);
  return (read.connections ?? []).flatMap((it) => it.subject ?? []);
}

/** How each of the person's connections stands, as one word that changes when one of them does. */
export function standings(viewer: FragmentType<typeof ConnectionsFragmentDoc>): string {
  const read = readFragment(ConnectionsFragmentDoc, viewer);
  return (read.connections ?? []).map((it) => `${it.provider} ${it.state} ${it.subject}`).join();
}
