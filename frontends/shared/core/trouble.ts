// A failed operation, told apart by what the person can do about it.
import type { CombinedError } from 'urql';
import { SignInNeeded } from './host';

export interface Trouble {
  kind: 'sign-in' | 'unreachable' | 'signed-out' | 'outdated' | 'wait' | 'failed';
  /** Seconds to wait, when the gateway said. */
  retryAfter: number | null;
  /** What to tell an administrator. */
  reference: string | null;
}

interface Extensions {
  code?: unknown;
  retryAfter?: unknown;
  correlationId?: unknown;
}

const KINDS: Record<string, Trouble['kind']> = {
  UNAUTHENTICATED: 'signed-out',
  UNTRUSTED_DOCUMENT: 'outdated',
  PERSISTED_QUERY_NOT_FOUND: 'outdated',
  RATE_LIMITED: 'wait',
  OPERATION_TIMEOUT: 'unreachable',
};

export function troubleOf(error: CombinedError): Trouble {
  if (error.networkError instanceof SignInNeeded) {
    return { kind: 'sign-in', retryAfter: null, reference: null };
  }
  const told = error.graphQLErrors.map((it) => it.extensions as Extensions);
  const known = told.find((it) => KINDS[String(it.code)]);
  const first = known ?? told[0];
  const status = (error.response as Response | undefined)?.status;
  const kind =
    (known && KINDS[String(known.code)]) ??
    (status === 401 ? 'signed-out' : status === 429 ? 'wait' : told.length ? 'failed' : 'unreachable');
  return {
    kind,
    retryAfter: typeof first?.retryAfter === 'number' ? first.retryAfter : null,
    reference: typeof first?.correlationId === 'string' ? first.correlationId : null,
  };
}
