// Teams, by its own library: the only file that knows teams-js.
// https://learn.microsoft.com/microsoftteams/platform/tabs/how-to/using-teams-client-library
import { app, authentication, nestedAppAuth, pages } from '@microsoft/teams-js';
import { nested, registrationOf, type TokenSource, tokensFrom } from '../../shared/core/entra';
import { type Host, NotHosted, SignInNeeded } from '../../shared/core/host';
import { told as heard, type Popup } from '../../shared/core/popup';
import type { ChannelProps } from '../../shared/views/Channel/Channel';

export interface Teams extends Host {
  /** The part of the tab that a deep link leads to. */
  part: string | null;
  /** The person's own sign-in name, as Teams tells it: for their convenience only. */
  name: string | null;
  /** Something is on the page: Teams takes its own waiting sign away. */
  shown(): void;
  /** Opens an address of Teams itself, such as a new chat. */
  follow(url: string): void;
  /** A link to a part of the person's tab; null when Teams has to make it. */
  linkTo(part: string, label: string): string | null;
  /** Has Teams show a link to a part of this tab. */
  share(part: string, label: string): void;
  /** Calls for the way back; it says whether it went. */
  onBack(go: () => boolean): void;
  /** What the settings page would save; null while it may not. */
  offer(tab: ChannelProps | null): void;
}

/** The personal tab's id in the app's manifest. */
const TAB = 'work';

export async function teams(): Promise<Teams> {
  await app.initialize().catch(() => {
    throw new NotHosted();
  });
  app.notifyAppLoaded();
  const told = await app.getContext();
  dress(told.app.theme);
  app.registerOnThemeChangeHandler(dress);
  const tokens = tokensFrom(source());
  return {
    headers: { 'x-trefoil-host': 'teams' },
    part: told.page.subPageId || null,
    name: told.user?.userPrincipalName ?? told.user?.loginHint ?? null,
    authorization: (renewal) => tokens.authorization(renewal),
    renews: true,
    signIn: (renewal) => tokens.signIn({ ...renewal, anew: false }),
    locale: async () => told.app.locale || navigator.language,
    openSignIn,
    shown: () => {
      void app.notifySuccess();
    },
    follow: (url) => {
      app.openLink(url).catch(() => window.open(url, '_blank', 'noopener'));
    },
    linkTo(part, label) {
      const id = appId() ?? told.app.appId?.toString();
      const context = encodeURIComponent(JSON.stringify({ subEntityId: part }));
      return id
        ? `https://teams.microsoft.com/l/entity/${id}/${TAB}?label=${encodeURIComponent(label)}&context=${context}`
        : null;
    },
    share: (part, label) => pages.shareDeepLink({ subPageId: part, subPageLabel: label }),
    onBack(go) {
      if (pages.backStack.isSupported()) {
        pages.backStack.registerBackButtonHandler(go);
      }
    },
    offer,
  };
}

/** The app's id in its manifest, as the gateway wrote it into the page. */
function appId(): string | null {
  const id = document.querySelector<HTMLMetaElement>('meta[name="trefoil:teams-app"]')?.content;
  return id && !id.startsWith('%') ? id : null;
}

/** Shows the theme of Teams; what this build does not know is dark, as `glass` is. */
function dress(theme: string): void {
  document.documentElement.dataset.colorMode =
    theme === 'default' ? 'light' : theme === 'contrast' ? 'contrast' : 'dark';
}

/** Nested app authentication where Teams recommends it, and Teams' own single sign-on where it does not work. */
function source(): TokenSource {
  const registration = registrationOf(document);
  if (!registration || !nestedAppAuth.isNAAChannelRecommended()) {
    return singleSignOn;
  }
  const bridge = nested(registration);
  return {
    silently: (wanted) =>
      bridge.silently(wanted).catch((refused) =>
        singleSignOn.silently(wanted).catch(() => {
          throw refused;
        }),
      ),
    asking: (wanted) => bridge.asking(wanted),
  };
}

/** Errors of Teams that a person can do something about. */
const NEEDS_PERSON = /consent|interaction|invalid_grant|Cancelled|FailedToOpenWindow|uiRequired/i;

const singleSignOn: TokenSource = {
  silently: (wanted) => sso(true, wanted.claims),
  asking: (wanted) => sso(false, wanted.claims),
};

async function sso(silent: boolean, claims: string | null | undefined) {
  try {
    const secret = await authentication.getAuthToken({ silent, ...(claims ? { claims: [claims] } : {}) });
    // Teams keeps it and renews it, so we ask each time.
    return { secret, endsAt: 0, account: null };
  } catch (error) {
    throw NEEDS_PERSON.test(String(error)) ? new SignInNeeded(String(error)) : error;
  }
}

/** Teams' own window for a sign-in; the page at its end tells Teams, and Teams tells us. */
function openSignIn(): Popup {
  let opened: Promise<string> | null = null;
  return {
    go: (url) => {
      opened = authentication.authenticate({ url, width: 600, height: 720 });
      // Whoever waits hears of it; nobody has to.
      opened.catch(() => {});
    },
    cancel: () => {},
    async ended(provider) {
      const over = new AbortController();
      // Where Teams cannot be told, such as in a browser window of its own, the page tells us as anywhere else.
      const directly = heard(provider, over.signal);
      const byTeams = (opened ?? Promise.reject(new Error('CancelledByUser'))).then(
        () => 'connected' as const,
        (error) => (/Cancelled|closed/i.test(String(error)) ? ('closed' as const) : ('refused' as const)),
      );
      const ending = await Promise.race([directly, byTeams]);
      over.abort();
      return ending;
    },
  };
}

let offered: ChannelProps | null = null;
let listening = false;

function offer(tab: ChannelProps | null): void {
  offered = tab;
  pages.config.setValidityState(tab !== null);
  if (listening) {
    return;
  }
  listening = true;
  pages.config.registerOnSaveHandler((event) => {
    if (!offered) {
      event.notifyFailure();
      return;
    }
    const { title, site, jql } = offered;
    const query = new URLSearchParams({ jql, ...(site ? { site } : {}), ...(title ? { title } : {}) });
    const address = new URL(`tab?${query}`, location.href).href;
    pages.config
      .setConfig({
        entityId: 'channel',
        contentUrl: address,
        suggestedDisplayName: title ?? document.title,
      })
      .then(
        () => event.notifySuccess(),
        (error) => event.notifyFailure(String(error)),
      );
  });
}

/** What this tab was set up to show, from the settings page; null on other tabs. */
export async function configured(): Promise<ChannelProps | null> {
  const { contentUrl } = await pages.getConfig();
  return contentUrl ? channelOf(new URL(contentUrl, location.href)) : null;
}

/** What a channel's tab shows, as its address says; null for the personal tab. */
export function channelOf(address: URL): ChannelProps | null {
  const jql = address.searchParams.get('jql');
  return jql
    ? { jql, site: address.searchParams.get('site'), title: address.searchParams.get('title') }
    : null;
}
