// Outlook on the web still asks for MicrosoftAjax.js, which no package has. These are the members that office.js
// touches, and nothing else.
(() => {
  const empty = () => {};
  window.Type = Function;
  Function.registerNamespace = (name) => {
    name.split('.').reduce((at, part) => {
      at[part] ??= {};
      return at[part];
    }, window);
  };
  Function.registerClass = empty;
  Function.prototype.registerClass = function registerClass() {
    return this;
  };
  Function.emptyMethod = empty;
  Function.createDelegate = (self, method) => method.bind(self);
  Function._validateParams = () => null;
  const named = (name) => (first, second) =>
    Object.assign(new Error(String(second || first || '')), { name: `Sys.${name}` });
  for (const name of [
    'argument',
    'argumentNull',
    'argumentOutOfRange',
    'argumentType',
    'argumentUndefined',
    'create',
    'format',
    'invalidOperation',
    'notImplemented',
    'parameterCount',
  ]) {
    Error[name] = named(name);
  }
  String.format = (text, ...values) => text.replace(/\{(\d+)\}/g, (_, at) => values[at]);
  window.Sys = {
    StringBuilder: empty,
    EventArgs: empty,
    Debug: { trace: empty, fail: empty, assert: empty },
    Browser: {
      InternetExplorer: {},
      Firefox: {},
      Safari: {},
      Opera: {},
      agent: null,
      name: 'chrome',
      version: 1,
    },
    Serialization: { JavaScriptSerializer: { serialize: JSON.stringify, deserialize: JSON.parse } },
  };
})();
