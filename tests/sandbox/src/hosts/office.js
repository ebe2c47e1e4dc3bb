// As much of the library that Outlook gives its add-ins as a task pane beside a mail uses; the page around answers.
// https://learn.microsoft.com/javascript/api/outlook
(() => {
  const host = window.parent !== window && window.parent.outlook ? window.parent.outlook : null;
  const later = (done, value, error) =>
    setTimeout(() =>
      done({ status: error ? "failed" : "succeeded", value, error: error ? { code: error, message: "" } : undefined }),
    );
  const last = (args) => args[args.length - 1];
  const handlers = {};
  const fire = (type, event) => handlers[type]?.(event);

  function item() {
    const mail = host?.mail;
    if (!mail) return null;
    if (mail.writing) {
      return {
        itemType: "message",
        subject: { getAsync: (...args) => later(last(args), mail.subject) },
        body: {
          getAsync: (...args) => later(last(args), host.editor?.value ?? ""),
          getTypeAsync: (...args) => later(last(args), "text"),
          setSelectedDataAsync: (text, ...args) => {
            host.editor?.setRangeText(text, host.editor.selectionStart, host.editor.selectionEnd, "end");
            later(last(args));
          },
        },
      };
    }
    return {
      itemType: "message",
      itemId: mail.itemId,
      internetMessageId: mail.internetMessageId,
      conversationId: mail.conversationId,
      subject: mail.subject,
      normalizedSubject: mail.subject,
      from: { displayName: mail.from?.name, emailAddress: mail.from?.address },
      body: {
        getAsync: (kind, ...args) => later(last(args), kind === "html" ? mail.html : mail.text),
        getTypeAsync: (...args) => later(last(args), "html"),
      },
      // Outlook defines it for mails of shared mailboxes only.
      ...(host.shared
        ? {
            getSharedPropertiesAsync: (...args) =>
              later(last(args), { owner: host.shared, targetMailbox: host.shared, delegatePermissions: 1 }),
          }
        : {}),
    };
  }

  const theme = () =>
    host?.theme() === "dark"
      ? { bodyBackgroundColor: "#292929", bodyForegroundColor: "#ffffff", controlBackgroundColor: "#1f1f1f", controlForegroundColor: "#ffffff" }
      : { bodyBackgroundColor: "#ffffff", bodyForegroundColor: "#242424", controlBackgroundColor: "#f5f5f5", controlForegroundColor: "#242424" };

  /** A window of the add-in's own; what its last page says comes back as a message. */
  function dialog(address, options, done) {
    const finish = done ?? options;
    const opened = window.open(address, "_blank", "popup,width=600,height=720");
    if (!opened) return later(finish, undefined, 12009);
    const listeners = {};
    const end = () => {
      window.removeEventListener("message", hear);
      clearInterval(watching);
    };
    function hear({ source, data }) {
      if (source !== opened) return;
      const message = data?.officeDialog ?? (data?.type ? JSON.stringify(data) : null);
      if (message !== null) listeners.dialogMessageReceived?.({ message, origin: location.origin });
    }
    window.addEventListener("message", hear);
    const watching = setInterval(() => {
      if (!opened.closed) return;
      // What it said last may still be on its way.
      setTimeout(() => listeners.dialogEventReceived?.({ error: 12006 }), 300);
      end();
    }, 200);
    later(finish, {
      addEventHandler: (type, handler) => {
        listeners[type] = handler;
      },
      close: () => {
        end();
        opened.close();
      },
    });
  }

  window.Office = {
    HostType: { Outlook: "Outlook" },
    PlatformType: { OfficeOnline: "OfficeOnline" },
    AsyncResultStatus: { Succeeded: "succeeded", Failed: "failed" },
    CoercionType: { Html: "html", Text: "text" },
    EventType: {
      ItemChanged: "olkItemSelectedChanged",
      OfficeThemeChanged: "officeThemeChanged",
      DialogMessageReceived: "dialogMessageReceived",
      DialogEventReceived: "dialogEventReceived",
    },
    MailboxEnums: { ItemType: { Message: "message", Appointment: "appointment" }, RestVersion: { v2_0: "v2.0" } },
    onReady: async (ready) => {
      const info = host ? { host: "Outlook", platform: "OfficeOnline" } : { host: null, platform: null };
      ready?.(info);
      return info;
    },
    context: {
      host: "Outlook",
      displayLanguage: host?.viewer.locale ?? "en-GB",
      get officeTheme() {
        return theme();
      },
      requirements: { isSetSupported: () => true },
      ui: {
        displayDialogAsync: dialog,
        messageParent: (text) => window.opener?.postMessage({ officeDialog: text }, location.origin),
      },
      mailbox: {
        get item() {
          return item();
        },
        userProfile: { displayName: host?.viewer.name, emailAddress: host?.viewer.email, accountType: "office365" },
        diagnostics: { hostName: "OutlookWebApp", hostVersion: "16.0" },
        convertToRestId: (id) => id.replaceAll("/", "-").replaceAll("+", "_"),
        addHandlerAsync: (type, handler, ...args) => {
          handlers[type] = handler;
          if (typeof last(args) === "function") later(last(args));
        },
        removeHandlerAsync: (type) => delete handlers[type],
      },
    },
  };
  if (!host) return;
  host.changed = () => fire("olkItemSelectedChanged", { type: "olkItemSelectedChanged" });
  host.themed = () => fire("officeThemeChanged", { officeTheme: theme() });

  // The bridge of nested app authentication, with tokens from the sandbox's Entra.
  const { oid, tid, email, handle } = host.viewer;
  const account = {
    environment: "login.microsoftonline.com",
    username: email,
    tenantId: tid,
    localAccountId: oid,
    homeAccountId: `${oid}.${tid}`,
  };
  async function answer({ method, requestId, tokenParams }) {
    const common = { messageType: "NestedAppAuthResponse", requestId, success: true };
    if (method === "GetInitContext") {
      const initContext = { sdkName: "sandbox", sdkVersion: "1.0", capabilities: { queryAccount: true }, accountContext: account };
      return { ...common, initContext };
    }
    const interactive = method === "GetTokenPopup";
    const asked = await fetch(`/host/token?as=${handle}&host=outlook&interactive=${interactive}`);
    const said = await asked.json();
    if (!asked.ok) {
      const error = { status: "USER_INTERACTION_REQUIRED", code: said.error, subError: said.suberror, description: said.error_description };
      return { ...common, success: false, error };
    }
    return {
      ...common,
      token: { access_token: said.token, id_token: said.token, expires_in: 4500, scope: tokenParams.scope, properties: null },
      account,
    };
  }
  const heard = new Set();
  window.nestedAppAuthBridge = {
    addEventListener: (_type, hear) => heard.add(hear),
    removeEventListener: (_type, hear) => heard.delete(hear),
    postMessage: async (text) => {
      const said = JSON.stringify(await answer(JSON.parse(text)));
      for (const hear of heard) hear(said);
    },
  };
})();
