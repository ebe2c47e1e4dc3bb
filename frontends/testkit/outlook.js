// What Outlook on the web does around an add-in's frame: the host's side of the protocol that office.js speaks by
// messages, as far as a pane beside a mail needs it. office.js itself is Microsoft's own.
(() => {
  const CONVERSATION = 'conversation-1';
  const ADD_IN = '2f1e0c1e-0000-4000-8000-000000000001';
  const REQUIREMENTS = { Mailbox: 1.15, DialogApi: 1.2, IdentityAPI: 1.3, NestedAppAuth: 1.1 };
  const host = {
    calls: [],
    inserted: [],
    mails: {},
    mail: null,
    viewer: { name: 'Grace Hopper', address: 'grace@acme.example' },
    locale: 'en-US',
    requirements: REQUIREMENTS,
    dialogs: [],
  };
  const handlers = {};
  let frame = null;
  let origin = '';

  function person(it) {
    return { name: it.name, address: it.address, recipientType: 0 };
  }

  function initialData(mail) {
    const viewer = {
      permissionLevel: 2,
      hostVersion: '16.0.18000.1000',
      owaView: 'ThreeColumns',
      userProfileType: 'office365',
      userDisplayName: host.viewer.name,
      userEmailAddress: host.viewer.address,
      userTimeZone: 'UTC',
      ewsUrl: 'https://outlook.office.com/ews',
      restUrl: 'https://outlook.office.com/api',
      isRestIdSupported: true,
      timeZoneOffsets: [],
    };
    if (!mail) return viewer;
    if (mail.writing) return { ...viewer, itemType: 4 };
    const sent = Date.UTC(2026, 10, 20, 9);
    return {
      ...viewer,
      id: mail.id,
      itemType: mail.meeting ? 2 : 1,
      itemClass: 'IPM.Note',
      isRead: true,
      subject: mail.subject,
      normalizedSubject: mail.subject,
      conversationId: mail.conversation ?? 'conversation',
      internetMessageId: mail.messageId,
      dateTimeCreated: sent,
      dateTimeModified: sent,
      dateTimeSent: sent,
      from: person(mail.from ?? { name: 'Ada Lovelace', address: 'ada@acme.example' }),
      sender: person(mail.from ?? { name: 'Ada Lovelace', address: 'ada@acme.example' }),
      to: [person(host.viewer)],
      cc: [],
      bcc: [],
      attachments: [],
      ...(mail.shared
        ? { isFromSharedFolder: true, owner: mail.shared, targetMailbox: mail.shared, delegatePermissions: 1 }
        : {}),
    };
  }

  function appContext() {
    return {
      _id: ADD_IN,
      _appName: 64,
      _appVersion: '16.01',
      _appUILocale: host.locale,
      _dataLocale: host.locale,
      _docUrl: `${location.origin}/mail/`,
      _clientMode: 0,
      _settings: {},
      _reason: 0,
      _osfControlType: 0,
      _eToken: '',
      _correlationId: 'correlation-1',
      _appInstanceId: 'instance-1',
      _appMinorVersion: 1,
      _requirementMatrix: JSON.stringify({ ...host.requirements, react: 1 }),
      _hostFullVersion: '16.0.18000.1000',
      _hostCustomMessage: '',
      _clientWindowHeight: 600,
      _clientWindowWidth: 320,
      _addinName: 'Trefoil',
      _appDomains: [],
      _dialogRequirementMatrix: '{"DialogApi":1.2}',
      _featureGates: {},
      _initialDisplayMode: 0,
      _officeTheme: host.theme,
    };
  }

  function send(message, data, type) {
    frame.contentWindow.postMessage(
      JSON.stringify({
        _messageType: 1,
        _actionName: message._actionName,
        _conversationId: message._conversationId,
        _correlationId: message._correlationId,
        _origin: location.origin,
        _data: data,
        _errorCode: 0,
        _responseType: type,
        _serializerVersion: 1,
      }),
      origin,
    );
  }

  const answer = (message, data) => send(message, data, 0);
  const tell = (message, data) => send(message, data, 1);

  /** Outlook's own methods, by the number that office.js gives them. */
  const METHODS = {
    // body.getAsync
    37: () => ({ wasSuccessful: true, data: host.mail?.text ?? '' }),
    // body.getTypeAsync
    14: () => ({ wasSuccessful: true, data: host.mail?.plain ? 'text' : 'html' }),
    // body.setSelectedDataAsync
    13: (parameters) => {
      if (host.refusesText) return { wasSuccessful: false, errorCode: 9000 };
      host.inserted.push(parameters);
      return { wasSuccessful: true, data: null };
    },
    // getSharedPropertiesAsync
    108: () => ({
      wasSuccessful: Boolean(host.mail?.shared),
      data: { owner: host.mail?.shared, targetMailbox: host.mail?.shared, delegatePermissions: 1 },
    }),
  };

  window.addEventListener('message', (event) => {
    if (event.origin !== origin || typeof event.data !== 'string') return;
    let message;
    try {
      message = JSON.parse(event.data);
    } catch {
      return;
    }
    if (message._messageType !== 0) return;
    const { _actionName: action, _actionType: type, _data: data } = message;
    const method = data?.MethodData?.DispatchId ?? data?.DdaMethod?.DispatchId;
    const parameters = data?.ApiParams ?? data?.MethodData?.Parameters ?? data?.DdaMethod?.Parameters;
    if (action !== 'ContextActivationManager_notifyHost')
      host.calls.push({ action, type, method, parameters, data });
    if (type === 1) {
      handlers[action] = message;
      return answer(message, { Error: 0, Version: 1 });
    }
    if (type === 2) {
      delete handlers[action];
      return answer(message, { Error: 0, Version: 1 });
    }
    switch (action) {
      case 'ContextActivationManager_getAppContextAsync':
        return answer(message, appContext());
      case 'GetInitialData':
        return answer(message, initialData(host.mail));
      case 'ExecuteMethod':
        return answer(message, METHODS[method]?.(parameters) ?? { wasSuccessful: false, errorCode: 5001 });
      case 'executeMethod':
        return answer(message, { Error: 5001, Version: 1 });
      default:
        return answer(message, null);
    }
  });

  /** Selects another mail, or none. */
  host.select = (name) => {
    host.mail = name ? host.mails[name] : null;
    for (const [action, message] of Object.entries(handlers)) {
      if (/Item(Selected|Changed)/i.test(action)) tell(message, host.mail ? initialData(host.mail) : '');
    }
  };

  host.mount = (address) => {
    origin = new URL(address).origin;
    const info = `Outlook$Web$16.01$${host.locale}$correlation-1$$$0`;
    frame = document.createElement('iframe');
    frame.name = JSON.stringify({
      baseFrameName: 'frame-1',
      hostInfo: info,
      xdmInfo: `${CONVERSATION}|${ADD_IN}|${location.origin}`,
      serializerVersion: '1',
      flights: '[]',
    });
    frame.sandbox =
      'allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals';
    frame.src = `${address}?_host_Info=${info}`;
    document.body.append(frame);
  };

  window.outlook = host;
})();
