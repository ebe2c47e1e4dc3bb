// Tokens: asked for once, kept while they are good, renewed before they end, and never had behind a person's back.
import { expect, test, vi } from 'vitest';
import { type Token, type TokenSource, tokensFrom, type Wanted } from '../../shared/core/entra';
import { SignInNeeded } from '../../shared/core/host';
import { send } from '../../shared/core/transport';

function sourceOf(...lives: number[]) {
  const asked: Wanted[] = [];
  const next = async (wanted: Wanted): Promise<Token> => {
    asked.push(wanted);
    const life = lives[Math.min(asked.length, lives.length) - 1] ?? 3600;
    return {
      secret: `token-${asked.length}`,
      endsAt: Date.now() + life * 1000,
      account: 'grace@acme.example',
    };
  };
  return { asked, source: { silently: next, asking: next } satisfies TokenSource };
}

test('many requests share one token', async () => {
  const { source, asked } = sourceOf(3600);
  const tokens = tokensFrom(source);
  const both = await Promise.all([tokens.authorization(), tokens.authorization()]);
  expect(both).toEqual(['Bearer token-1', 'Bearer token-1']);
  expect(await tokens.authorization()).toBe('Bearer token-1');
  expect(asked).toHaveLength(1);
  expect(tokens.account()).toBe('grace@acme.example');
});

test('one near its end is replaced, and the cache is not believed', async () => {
  const { source, asked } = sourceOf(30, 3600);
  const tokens = tokensFrom(source);
  await tokens.authorization();
  expect(await tokens.authorization()).toBe('Bearer token-2');
  expect(asked.map((it) => it.anew)).toEqual([false, true]);
});

test('a token that was refused twice is replaced once', async () => {
  const { source, asked } = sourceOf(3600);
  const tokens = tokensFrom(source);
  const refused = await tokens.authorization();
  // Reading hears of it first, and listening when the other token is there.
  expect(await tokens.authorization({ anew: true, claims: null, refused })).toBe('Bearer token-2');
  expect(await tokens.authorization({ anew: true, claims: null, refused })).toBe('Bearer token-2');
  expect(asked).toHaveLength(2);
  expect(await tokens.authorization({ anew: true, claims: null, refused: 'Bearer token-2' })).toBe(
    'Bearer token-3',
  );
});

test('a challenge is answered by a new token, whatever there is', async () => {
  const { source, asked } = sourceOf(3600);
  const tokens = tokensFrom(source);
  const refused = await tokens.authorization();
  await tokens.authorization({ anew: true, claims: null, refused });
  expect(await tokens.authorization({ anew: true, claims: CHALLENGE, refused })).toBe('Bearer token-3');
  expect(asked.map((it) => it.claims)).toEqual([undefined, null, CHALLENGE]);
});

test('who signed out is not signed in again by the next request', async () => {
  const { source } = sourceOf(3600);
  const tokens = tokensFrom(source);
  await tokens.authorization();
  tokens.signOut();
  await expect(tokens.authorization()).rejects.toBeInstanceOf(SignInNeeded);
  await tokens.signIn();
  expect(await tokens.authorization()).toBe('Bearer token-2');
});

const REQUEST = {
  operationName: undefined,
  documentId: undefined,
  variables: {},
  text: () => '{ viewer { host } }',
};
const unlimited = () => new AbortController().signal;
const CHALLENGE = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';

test('a refused token is replaced once, and the challenge is passed on', async () => {
  const { source, asked } = sourceOf(3600);
  const tokens = tokensFrom(source);
  const answers = [
    new Response('', {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="", error="insufficient_claims", claims="${btoa(CHALLENGE)}"`,
      },
    }),
    new Response('{"data":{}}', { status: 200 }),
  ];
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answers.shift() as Response);
  const host = { authorization: tokens.authorization, renews: true, locale: async () => 'en' };
  const answer = await send(host, REQUEST, 'application/json', unlimited);
  expect(answer.status).toBe(200);
  const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get('authorization'));
  expect(sent).toEqual(['Bearer token-1', 'Bearer token-2']);
  expect(asked[1]).toEqual({ anew: true, claims: CHALLENGE });
  fetched.mockRestore();
});

test('an answer that refuses again is handed on', async () => {
  const { source } = sourceOf(3600);
  const tokens = tokensFrom(source);
  const refusal = () =>
    new Response('{"errors":[{"message":"","extensions":{"code":"UNAUTHENTICATED"}}]}', { status: 200 });
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => refusal());
  const host = { authorization: tokens.authorization, renews: true, locale: async () => 'en' };
  await send(host, REQUEST, 'application/json', unlimited);
  expect(fetched).toHaveBeenCalledTimes(2);
  fetched.mockRestore();
});
