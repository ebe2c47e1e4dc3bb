// Which files are attached at first, how far transfers are, and what is said of what went wrong.
import { beforeEach, expect, test } from 'vitest';
import { addTexts, bytes, setLanguage } from '../../shared/i18n';
import { choices, chosenAtFirst, type File } from '../../shared/views/Transfers/files';
import { nameOf } from '../../shared/views/Transfers/names';
import { packs } from '../../shared/views/Transfers/texts';
import { followed, newer, shownOf, type Transfer, withNew } from '../../shared/views/Transfers/transfers';
import { wrongOf } from '../../shared/views/Transfers/wrong';

beforeEach(async () => {
  await addTexts(...packs);
  await setLanguage('en-GB');
});

const file = (type: string, recordingType: string | null, more: Partial<File> = {}) =>
  ({
    id: `${type} ${recordingType}`,
    type,
    recordingType,
    size: 1_000_000,
    status: 'completed',
    ...more,
  }) as File;

const speaker = file('MP4', 'shared_screen_with_speaker_view', { size: 184_500_000 });
const gallery = file('MP4', 'gallery_view', { size: 60_000_000 });
const odd = file('MP4', 'sign_interpretation');
const audio = file('M4A', 'audio_only');
const transcript = file('TRANSCRIPT', 'audio_transcript');
const timeline = file('TIMELINE', 'timeline');
const thumbnail = file('JPG', 'thumbnail');

test('the video that shows the most comes first, and what only programs read does not come', () => {
  const all = [thumbnail, transcript, timeline, odd, audio, gallery, speaker];
  expect(choices(all)).toEqual([speaker, gallery, odd, audio, transcript]);
  const captioned = file('MP4', 'shared_screen_with_speaker_view(CC)');
  expect(choices([speaker, captioned])).toEqual([captioned, speaker]);
});

const free = () => false;

test('the best one that Jira takes is chosen at first', () => {
  const all = [audio, gallery, speaker];
  expect(chosenAtFirst(all, null, free)).toEqual([speaker.id]);
  expect(chosenAtFirst(all, 100_000_000, free)).toEqual([gallery.id]);
  expect(chosenAtFirst(all, 2_000_000, free)).toEqual([audio.id]);
  expect(chosenAtFirst(all, 10, free)).toEqual([]);
  const making = { ...speaker, status: 'processing' };
  expect(chosenAtFirst([making, gallery], null, free)).toEqual([gallery.id]);
});

test('nothing is chosen at first when the best one is there or on its way', () => {
  expect(chosenAtFirst([speaker, gallery], null, (it) => it === speaker)).toEqual([]);
});

test('a recording that was interrupted is attached in all its parts, named by their beginnings', () => {
  const first = { ...speaker, id: '1', startedAt: '2026-11-21T09:00:00Z' };
  const second = { ...speaker, id: '2', startedAt: '2026-11-21T09:40:00Z' };
  expect(chosenAtFirst([second, gallery, first], null, free)).toEqual(['1', '2']);
  expect(nameOf(first, [first, second])).toMatch(/^Video, screen and speaker, from \d\d:00$/);
  expect(nameOf(first, [first, gallery])).toBe('Video, screen and speaker');
  expect(nameOf(odd, [odd])).toBe('Video');
});

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-22T12:00:00Z');
const ago = (hours: number) => new Date(NOW - hours * HOUR).toISOString();
const transfer = (id: string, more: Partial<Transfer> = {}) =>
  ({
    id,
    state: 'RUNNING',
    sent: 0,
    size: 10,
    failures: 0,
    isOwn: true,
    createdAt: ago(1),
    ...more,
  }) as Transfer;

test('what was heard is newer than what was read, unless that says more', () => {
  const read = transfer('1', { sent: 3 });
  expect(newer(read, undefined)).toBe(read);
  const on = transfer('1', { sent: 5 });
  expect(newer(read, on)).toBe(on);
  const done = transfer('1', { state: 'DONE' });
  expect(newer(read, done)).toBe(done);
  expect(newer(done, on)).toBe(done);
  const failed = transfer('1', { state: 'QUEUED', failures: 1 });
  expect(newer(failed, on)).toBe(failed);
  expect(newer(read, failed)).toBe(failed);
});

test('one that was begun anew is newer than its own end', () => {
  const failed = transfer('1', { state: 'FAILED', endedAt: ago(0.5) });
  const anew = transfer('1', { state: 'QUEUED', createdAt: ago(0.1) });
  expect(newer(failed, anew)).toBe(anew);
  expect(newer(anew, failed)).toBe(anew);
});

test('what has ended is shown for a while, the cancelled only to who cancelled it', () => {
  const all = [
    transfer('new', { createdAt: ago(0.1) }),
    transfer('old', { createdAt: ago(900) }),
    transfer('done', { state: 'DONE', createdAt: ago(3), endedAt: ago(2) }),
    transfer('long done', { state: 'DONE', createdAt: ago(30), endedAt: ago(25) }),
    transfer('failed', { state: 'FAILED', createdAt: ago(100), endedAt: ago(99) }),
    transfer('long failed', { state: 'FAILED', createdAt: ago(200), endedAt: ago(199) }),
    transfer('cancelled', { state: 'CANCELLED', createdAt: ago(2), endedAt: ago(0.5) }),
    transfer('theirs', { state: 'CANCELLED', createdAt: ago(2), endedAt: ago(0.5), isOwn: false }),
  ];
  expect(shownOf(all, NOW).map((it) => it.id)).toEqual(['old', 'failed', 'done', 'cancelled', 'new']);
});

test('what is carried is followed first, then what is next, and two at most', () => {
  const all = [
    transfer('later', { state: 'QUEUED', createdAt: ago(1) }),
    transfer('next', { state: 'QUEUED', createdAt: ago(2) }),
    transfer('now', { createdAt: ago(0.5) }),
    transfer('done', { state: 'DONE' }),
  ];
  expect(followed(all)).toEqual(['now', 'next']);
});

test('what is known anew takes the place of what was known', () => {
  const [one, two, other] = [transfer('1'), transfer('2'), transfer('1', { sent: 4 })];
  expect(withNew([one, two], [other])).toEqual([other, two]);
  expect(withNew(null, [one])).toEqual([one]);
});

const given = { files: true, agreed: true };
const refused = (code: string, field: string) => ({
  errors: [{ code, field: ['input', field], message: 'In its words.' }],
});

test('what is wrong is said at the field that it concerns', () => {
  expect(wrongOf(null, false, { files: false, agreed: false })).toEqual({
    files: null,
    agreed: null,
    other: null,
  });
  expect(wrongOf(null, true, { files: false, agreed: false }).files).toBe('Choose a file first.');
  expect(wrongOf(null, true, { files: true, agreed: false }).agreed).toBe('Confirm this first.');
  const large = wrongOf(refused('FILE_TOO_LARGE', 'files'), true, given);
  expect(large).toEqual({ files: 'A file is larger than this Jira site allows.', agreed: null, other: null });
  expect(wrongOf(refused('FIELD_REQUIRED', 'audienceAcknowledged'), true, given).agreed).toBe(
    'Confirm this first.',
  );
  expect(wrongOf(refused('ATTACHMENTS_DISABLED', 'issue'), true, given).other).toBe(
    'This Jira site takes no attachments.',
  );
  expect(wrongOf(refused('NOT_FOUND', 'recording'), true, given).other).toMatch(/^Zoom does not have this/);
  expect(wrongOf(refused('UPSTREAM_UNAVAILABLE', 'recording'), true, given).other).toBe(
    'Zoom could not be reached.',
  );
  expect(wrongOf(refused('UPSTREAM_UNAVAILABLE', 'issue'), true, given).other).toMatch(
    /^Jira is not answering/,
  );
  expect(wrongOf(refused('NOT_FOUND', 'issue'), true, given).other).toMatch(/^It does not exist any more/);
  expect(wrongOf(refused('SOMETHING_NEW', 'issue'), true, given).other).toBe('In its words.');
  expect(wrongOf({ errors: [] }, true, given).other).toBe('It was not done. Try again.');
});

test('a part of a size leaves its unit to the whole', () => {
  expect(bytes(74_000_000, 184_500_000)).toBe('74');
  expect(bytes(500_000, 184_500_000)).toBe('500 kB');
  expect(bytes(740_000_000, 1_340_000_000)).toBe('740 MB');
  expect(bytes(0, 2_100)).toBe('0');
});
