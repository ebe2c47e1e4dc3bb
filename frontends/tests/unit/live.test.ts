// What a view does with what it hears: bursts, losses, what was missed, and what is nobody's news.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Host } from '../../shared/core/host';
import type { Hearer } from '../../shared/core/stream';
import { ownComments } from '../../shared/views/Account/context';
import { projectOf } from '../../shared/views/Channel/live';
import { coalesced } from '../../shared/views/live/coalesced';
import { comments } from '../../shared/views/live/comments';
import { issueTopics } from '../../shared/views/live/issues';
import { type Live, live, newest, type Topic } from '../../shared/views/live/live';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const soon = (wait: number) => vi.advanceTimersByTimeAsync(wait);

test('a burst is one act, and what comes during it another', async () => {
  const ends: (() => void)[] = [];
  const act = vi.fn(() => new Promise<boolean>((resolve) => ends.push(() => resolve(true))));
  const call = coalesced(act);
  for (let n = 0; n < 50; n++) call();
  await soon(299);
  expect(act).toHaveBeenCalledTimes(0);
  await soon(1);
  expect(act).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 50; n++) call();
  await soon(60_000);
  expect(act).toHaveBeenCalledTimes(1);
  ends.shift()?.();
  await soon(300);
  expect(act).toHaveBeenCalledTimes(2);
  ends.shift()?.();
  await soon(60_000);
  expect(act).toHaveBeenCalledTimes(2);
});

test('a steady flow does not put it off for ever', async () => {
  const act = vi.fn(async () => true);
  const call = coalesced(act);
  for (let n = 0; n < 30; n++) {
    call();
    await soon(100);
  }
  expect(act.mock.calls.length).toBeGreaterThanOrEqual(7);
  expect(act.mock.calls.length).toBeLessThanOrEqual(10);
});

test('what fails is tried a few times, and at once when there is something new', async () => {
  const act = vi.fn<() => Promise<boolean>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue(false);
  const call = coalesced(act);
  call();
  await soon(10 * 60_000);
  expect(act).toHaveBeenCalledTimes(4);
  call();
  await soon(300);
  expect(act).toHaveBeenCalledTimes(5);
  call();
  await soon(300);
  expect(act).toHaveBeenCalledTimes(6);
  act.mockResolvedValue(true);
  await soon(10 * 60_000);
  expect(act).toHaveBeenCalledTimes(7);
});

test('after its end nothing is done', async () => {
  const act = vi.fn(async () => true);
  const call = coalesced(act);
  call();
  call.stop();
  call();
  await soon(60_000);
  expect(act).not.toHaveBeenCalled();
});

/** Streams that a test opens and drops, and a view that counts. */
function scene() {
  const hearers = new Map<string, Omit<Hearer<never>, 'hear'>>();
  const log: string[] = [];
  const covered = { current: false };
  const view = { readAt: Date.now(), reloads: 0 };
  const it: Live = live({
    host: {} as Host,
    covered,
    readAt: () => view.readAt,
    reload: () => {
      view.reloads += 1;
      view.readAt = Date.now();
    },
    tell: (on) => log.push(on ? 'back' : 'lost'),
  });
  const topic = (key: string, variables: unknown = {}): Topic => ({
    key,
    variables,
    open(_host, hearer) {
      hearers.set(key, hearer);
      log.push(`open ${key}`);
      hearer.open(false);
      return {
        change: (other) => log.push(`change ${key} ${JSON.stringify(other)}`),
        close: () => log.push(`close ${key}`),
      };
    },
  });
  const hearer = (key: string) => {
    const found = hearers.get(key);
    if (!found) throw new Error(`nobody hears ${key}`);
    return found;
  };
  return { it, topic, hearer, log, covered, view };
}

test('a prompt beginning costs nothing, a late one catches up once', async () => {
  const { it, topic, hearer, view, covered } = scene();
  it.hear([topic('a'), topic('b')]);
  hearer('a').open(true);
  await soon(1_000);
  expect(view.reloads).toBe(0);
  expect(covered.current).toBe(true);
  await soon(3_000);
  hearer('b').open(true);
  await soon(1_000);
  expect(view.reloads).toBe(1);
  it.close();
});

test('a loss is spoken of after five seconds, and that it is over', async () => {
  const { it, topic, hearer, log, covered, view } = scene();
  it.hear([topic('a'), topic('b')]);
  hearer('a').open(true);
  hearer('b').open(true);
  log.length = 0;
  hearer('b').open(false);
  await soon(4_900);
  hearer('b').open(true);
  hearer('b').missed();
  await soon(10_000);
  expect(log).toEqual([]);
  expect(view.reloads).toBe(1);
  hearer('a').open(false);
  await soon(5_000);
  expect(log).toEqual(['lost']);
  expect(covered.current).toBe(false);
  hearer('b').open(false);
  hearer('a').open(true);
  expect(log).toEqual(['lost']);
  hearer('b').open(true);
  expect(log).toEqual(['lost', 'back']);
  expect(covered.current).toBe(true);
  it.close();
});

test('several streams that come back catch up together', async () => {
  const { it, topic, hearer, view } = scene();
  it.hear([topic('a'), topic('b'), topic('c')]);
  for (const key of ['a', 'b', 'c']) {
    hearer(key).open(true);
    hearer(key).missed();
  }
  await soon(1_000);
  expect(view.reloads).toBe(1);
  it.close();
});

test('a view that has not been read for long and cannot be live is read', async () => {
  const { it, topic, hearer, view } = scene();
  it.hear([topic('a')]);
  hearer('a').open(true);
  await soon(3 * 60_000);
  hearer('a').open(false);
  await soon(6_000);
  expect(view.reloads).toBe(1);
  it.close();
});

test('what is listened to follows what is shown', () => {
  const { it, topic, log } = scene();
  it.hear([topic('a', { id: 1 }), topic('b')]);
  it.hear([topic('a', { id: 1 }), topic('b')]);
  it.hear([topic('a', { id: 2 }), topic('c')]);
  expect(log).toEqual(['open a', 'open b', 'close b', 'change a {"id":2}', 'open c']);
  it.close();
});

test('what the gateway refuses is not asked for again, and not spoken of', async () => {
  const { it, topic, hearer, log, covered } = scene();
  it.hear([topic('a')]);
  hearer('a').refused();
  it.hear([topic('a')]);
  await soon(60_000);
  expect(log).toEqual(['open a']);
  expect(covered.current).toBe(false);
  it.hear([topic('a', { id: 2 })]);
  expect(log).toEqual(['open a', 'open a']);
  it.close();
});

test('a list is one stream, whatever its order', () => {
  const variables = (ids: string[]) => {
    const shown = ids.map((id) => ({ id }));
    return issueTopics(
      () => shown,
      () => {},
    ).map((it) => it.variables);
  };
  expect(variables(['b', 'a', 'b'])).toEqual([{ issues: ['a', 'b'] }]);
  expect(variables(['a', 'b'])).toEqual(variables(['b', 'a']));
  expect(variables([])).toEqual([]);
  const many = Array.from({ length: 80 }, (_, n) => `issue-${n}`);
  expect((variables(many)[0] as { issues: string[] }).issues).toHaveLength(50);
});

test('the newest of several moments, however they are spelled', () => {
  const moments = [
    '2026-11-22T09:59:59.9Z',
    null,
    '2026-11-22T10:00:00Z',
    undefined,
    '2026-11-22T10:00:00.25Z',
  ];
  expect(newest(moments)).toBe('2026-11-22T10:00:00.25Z');
  expect(newest(moments.slice(0, 4))).toBe('2026-11-22T10:00:00Z');
  expect(newest([null])).toBe(null);
});

test('a comment is news unless it is one’s own or gone', async () => {
  const shown: (string | null)[] = [];
  const it = comments(Promise.resolve(), (id) => {
    shown.push(id);
    return '';
  });
  it.take('COMMENTED', 'mine');
  await soon(500);
  ownComments.add('mine');
  await soon(1_000);
  expect(shown).toEqual([]);
  it.take('COMMENTED', 'other');
  it.take('COMMENTED', 'other');
  await soon(1_000);
  expect(shown).toEqual(['other']);
  it.take('COMMENT_DELETED', 'mine');
  it.take('COMMENT_DELETED', 'other');
  expect(shown).toEqual(['other', null]);
  it.take('COMMENTED', 'late');
  it.stop();
  await soon(1_000);
  expect(shown).toEqual(['other', null]);
});

test.each([
  ['project = "DEMO" AND statusCategory != Done ORDER BY updated DESC', 'DEMO'],
  ['project=DEMO', 'DEMO'],
  [' project = OPS_2 order by rank', 'OPS_2'],
  ['project = "DEMO" OR project = OPS', null],
  ['project in (DEMO, OPS)', null],
  ['assignee = currentUser() AND project = DEMO', null],
  ['project != DEMO', null],
])('the one project of %s', (jql, project) => {
  expect(projectOf(jql)).toBe(project);
});
