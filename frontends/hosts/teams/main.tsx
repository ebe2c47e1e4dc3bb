// The tabs in Teams: a person's own, a channel's, and the page that sets a channel's up.
import { cacheExchange } from 'urql';
import '../../shared/core/schedule';
import '../../shared/ui/skin-teams.css';
import '../../shared/ui/contrast.css';
import { addTexts } from '../../shared/i18n';
import { work } from '../../shared/i18n/work';
import { start } from '../../shared/start';
import './teams.css';
import { Tab } from './Tab';
import { channelOf, configured, teams } from './teams';

void addTexts(work);
void start(
  teams,
  async (host) => {
    if (location.pathname.endsWith('/configure')) {
      const { Configure } = await import('./Configure');
      return <Configure host={host} now={await configured().catch(() => null)} />;
    }
    const channel = channelOf(new URL(location.href));
    return <Tab host={host} channel={channel} />;
  },
  cacheExchange,
);
