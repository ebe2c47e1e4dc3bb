// What each state of a source means for the panel.
import { expect, test } from 'vitest';
import type { SourceState } from '../../shared/gql/graphql';
import { concernsAccount, passes, shared, standing } from '../../shared/views/standing';

const EVERY: Record<SourceState, string> = {
  READY: 'ready',
  PARTIAL: 'partial',
  NOT_CONFIGURED: 'absent',
  NOT_CONNECTED: 'connect',
  CONSENT_REQUIRED: 'consent',
  ADMIN_CONSENT_REQUIRED: 'admin',
  INTERACTION_REQUIRED: 'interaction',
  REAUTH_REQUIRED: 'reauth',
  ACCESS_BLOCKED: 'blocked',
  FORBIDDEN: 'forbidden',
  RATE_LIMITED: 'wait',
  TIMED_OUT: 'slow',
  UNAVAILABLE: 'down',
};

test.each(Object.entries(EVERY))('%s is %s', (state, expected) => {
  expect(standing({ state: state as SourceState })).toBe(expected);
});

test('a state of a newer gateway is trouble, not a crash', () => {
  expect(standing({ state: 'ON_HOLIDAY' as SourceState })).toBe('down');
});

test('only what passes by itself keeps old rows', () => {
  const kept = Object.keys(EVERY).filter((it) => passes(standing({ state: it as SourceState })));
  expect(kept).toEqual(['RATE_LIMITED', 'TIMED_OUT', 'UNAVAILABLE']);
});

test('being forbidden one thing does not concern the whole account', () => {
  expect(concernsAccount('forbidden')).toBe(false);
  expect(concernsAccount('connect')).toBe(true);
});

test('sources share a standing only when all of them have it', () => {
  expect(shared(['connect', 'connect'])).toBe('connect');
  expect(shared(['connect', 'ready'])).toBeNull();
  expect(shared([])).toBeNull();
});
