// The page on which somebody sets up a channel's tab. It comes later than the rest: few people ever see it.
import type { ChannelProps } from '../../shared/views/Channel/Channel';
import { Setup } from '../../shared/views/Channel/Setup';
import { useShown } from './shown';
import type { Teams } from './teams';

export function Configure({ host, now }: { host: Teams; now: ChannelProps | null }) {
  useShown(host);
  return <Setup now={now} offer={host.offer} />;
}
