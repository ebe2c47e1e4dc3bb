// The views are written for React and shipped on Preact; RUNTIME=react keeps the other road open.
const PREACT = [
  ['react/jsx-runtime', 'preact/jsx-runtime'],
  ['react/jsx-dev-runtime', 'preact/jsx-dev-runtime'],
  ['react-dom/client', 'preact/compat/client'],
  ['react-dom', 'preact/compat'],
  ['react', 'preact/compat'],
];

/** True when the add-ins are built on React itself. */
export const onReact = process.env.RUNTIME === 'react';

/** Vite's `resolve.alias` for the chosen runtime. */
export function runtimeAlias() {
  if (onReact) {
    return [];
  }
  return PREACT.map(([from, to]) => ({ find: new RegExp(`^${from}$`), replacement: to }));
}
