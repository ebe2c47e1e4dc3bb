// What a block says for each state of its source, and what it offers.
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SourceFragment } from '../../shared/gql/graphql';
import { addTexts, setLanguage } from '../../shared/i18n';
import { account } from '../../shared/i18n/account';
import { AccountContext } from '../../shared/views/Account/context';
import { SourceNote } from '../../shared/views/Account/SourceNote';

const connect = vi.fn();
const retry = vi.fn();

beforeEach(async () => {
  await addTexts(account);
  await setLanguage('en-GB');
});
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
  vi.useRealTimers();
});

function shown(source: Partial<SourceFragment>, held = false) {
  const whole = { provider: 'MICROSOFT', state: 'READY', missingScopes: [], ...source } as SourceFragment;
  const mine = { signIn: { at: 'idle' as const }, me: [], connect, forget: () => {} };
  return render(
    <AccountContext.Provider value={mine}>
      <SourceNote source={whole} held={held} retrying={false} retry={retry} />
    </AccountContext.Provider>,
  ).container;
}

test.each(['READY', 'NOT_CONFIGURED'] as const)('%s says nothing', (state) => {
  expect(shown({ state }).textContent).toBe('');
});

test.each([
  ['NOT_CONNECTED', 'Connect Microsoft 365'],
  ['CONSENT_REQUIRED', 'Allow access'],
  ['REAUTH_REQUIRED', 'Sign in again'],
  ['INTERACTION_REQUIRED', 'Sign in again'],
] as const)('%s offers to %s', (state, label) => {
  shown({ state });
  fireEvent.click(screen.getByRole('button', { name: label }));
  expect(connect).toHaveBeenCalledTimes(1);
});

test('missing scopes are named in words, each once', () => {
  shown({
    state: 'CONSENT_REQUIRED',
    missingScopes: ['Chat.Read', 'ChatMessage.Read', 'Tasks.Read', 'odd:scope'],
  });
  expect(screen.getByText(/permission for this: Chats, To Do, odd:scope\./)).toBeTruthy();
});

test('an approval comes with the link for the administrator', async () => {
  shown({ state: 'ADMIN_CONSENT_REQUIRED', adminConsentUrl: 'https://login.example/adminconsent' });
  const field = (await screen.findByLabelText('Link for your administrator')) as HTMLInputElement;
  expect(field.value).toBe('https://login.example/adminconsent');
});

test.each(['UNAVAILABLE', 'TIMED_OUT', 'PARTIAL'] as const)('%s can be tried again', (state) => {
  shown({ state });
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledTimes(1);
});

test.each(['FORBIDDEN', 'ACCESS_BLOCKED'] as const)('%s offers nothing that cannot help', (state) => {
  shown({ state });
  expect(screen.queryByRole('button')).toBeNull();
});

test('old rows are called old', () => {
  expect(shown({ state: 'UNAVAILABLE' }, true).textContent).toContain('Shown as last read.');
});

test('a throttled source is asked again when its time has come', async () => {
  vi.useFakeTimers();
  expect(shown({ state: 'RATE_LIMITED', retryAfter: 5 }).textContent).toMatch(/Trying again at \d+:\d\d/);
  await vi.advanceTimersByTimeAsync(4900);
  expect(retry).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(retry).toHaveBeenCalledTimes(1);
});

test('without a time the person decides', () => {
  shown({ state: 'RATE_LIMITED', retryAfter: null });
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalled();
});
