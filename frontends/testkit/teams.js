// The parent that teams-js speaks to: its messages as Teams answers them, and what a test wants to know of them.
(() => {
  const ADDIN = 'https://trefoil.example';
  const teams = {
    calls: [],
    context: {},
    theme: 'default',
    /** A token, or the word with which Teams refuses one. */
    token: async () => ({ refused: 'resourceRequiresConsent' }),
    naa: false,
    settings: null,
    valid: false,
    saved: null,
    failed: null,
  };
  globalThis.teams = teams;
  let frame;

  const runtime = () => ({
    apiVersion: 4,
    hostVersionsInfo: {},
    isLegacyTeams: false,
    isNAAChannelRecommended: teams.naa,
    supports: {
      app: { lifecycle: {}, notifySuccessResponse: {} },
      pages: { config: {}, backStack: {}, tabs: {} },
      nestedAppAuth: {},
      chat: {},
      calendar: {},
    },
  });
  const send = (message) => frame.contentWindow.postMessage(message, ADDIN);
  const context = () => ({
    locale: 'en-gb',
    theme: teams.theme,
    hostName: 'Teams',
    hostClientType: 'web',
    entityId: 'work',
    frameContext: 'content',
    userObjectId: '00000000-0000-4000-8000-00000000000a',
    tid: '11111111-1111-4111-8111-111111111111',
    loginHint: 'grace@acme.example',
    userPrincipalName: 'grace@acme.example',
    appId: '5ab7d1f0-0000-4000-8000-000000000001',
    sessionId: 'session',
    appSessionId: 'app-session',
    ...teams.context,
  });

  const ANSWERS = {
    initialize: () => [
      location.pathname === '/v2/settings' ? 'settings' : 'content',
      'web',
      JSON.stringify(runtime()),
      '2.58.0',
    ],
    getContext: () => [context()],
    'authentication.getAuthToken': async ([, claims, silent]) => {
      const answer = await teams.token({ claims, silent });
      return answer.token ? [true, answer.token] : [false, answer.refused];
    },
    'authentication.authenticate': ([url]) => authenticate(url),
    'appInitialization.success': () => [undefined],
    'settings.getSettings': () => [teams.settings ?? {}],
    'settings.setSettings': ([settings]) => {
      teams.saved = settings;
      return [true];
    },
    'settings.setValidityState': ([valid]) => {
      teams.valid = valid;
    },
    'settings.save.success': () => {
      teams.ended = 'saved';
    },
    'settings.save.failure': ([reason]) => {
      teams.ended = `failed: ${reason}`;
    },
    openLink: () => [true],
    executeDeepLink: () => [true],
  };

  addEventListener('message', async ({ data, origin, source }) => {
    if (origin !== ADDIN || source !== frame?.contentWindow || typeof data?.func !== 'string') return;
    teams.calls.push({ func: data.func, args: data.args });
    const answer = await ANSWERS[data.func]?.(data.args ?? []);
    if (answer) send({ id: data.id, uuidAsString: data.uuidAsString, args: answer });
  });

  /** Opens the sign-in window and waits for what its last page says, or for its end. */
  function authenticate(url) {
    return new Promise((resolve) => {
      const popup = open(url, '_blank', 'popup,width=600,height=720');
      if (!popup) return resolve([false, 'FailedToOpenWindow']);
      const end = (answer) => {
        removeEventListener('message', hear);
        clearInterval(timer);
        popup.close();
        resolve(answer);
      };
      const hear = ({ data, source, origin }) => {
        if (origin !== ADDIN || source !== popup) return;
        if (data?.func === 'initialize') {
          const args = ['authentication', 'web', JSON.stringify(runtime()), '2.58.0'];
          popup.postMessage({ id: data.id, uuidAsString: data.uuidAsString, args }, ADDIN);
        } else if (data?.func === 'authentication.authenticate.success') end([true, data.args?.[0]]);
        else if (data?.func === 'authentication.authenticate.failure') end([false, data.args?.[0]]);
      };
      addEventListener('message', hear);
      const timer = setInterval(
        () => popup.closed && setTimeout(() => end([false, 'CancelledByUser']), 300),
        200,
      );
    });
  }

  teams.mount = (address) => {
    frame?.remove();
    frame = document.createElement('iframe');
    frame.name = 'embedded-page-container';
    frame.allow = 'clipboard-write';
    frame.sandbox =
      'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads';
    frame.src = address;
    document.body.append(frame);
  };
  teams.dress = (theme) => {
    teams.theme = theme;
    send({ func: 'themeChange', args: [theme] });
  };
  teams.save = () => send({ func: 'settings.save', args: [{}] });
  teams.back = () => send({ func: 'backButtonPress', args: [] });
})();
