// What the pane beside a mail decides without anybody looking.
import { expect, test } from 'vitest';
import { isDark } from '../../hosts/outlook/colour';
import { chosenAtFirst, type MailFile } from '../../shared/views/MailPane/files';
import { keyOf, type OpenMail } from '../../shared/views/MailPane/mailbox';
import { jqlFor } from '../../shared/views/MailPane/search';
import {
  beyond,
  type FormField,
  handoff,
  inputOf,
  missing,
  mustShow,
} from '../../shared/views/MailPane/values';

test('a key is looked up, words are searched', () => {
  expect(jqlFor(' demo-42 ')).toBe('key = "DEMO-42"');
  expect(jqlFor('roll-out plan')).toBe('text ~ "roll out plan*" ORDER BY updated DESC');
  expect(jqlFor('Übergabe')).toBe('text ~ "Übergabe*" ORDER BY updated DESC');
  expect(jqlFor('  ')).toBeNull();
  expect(jqlFor('a')).toBeNull();
});

test.each(['" OR project = X', "x\\' OR 1=1", 'a) OR (b', 'x"\n ORDER BY key', '~*?:^[]{}/&|!+-'])(
  'signs of the query language never leave the search field: %s',
  (typed) => {
    const text = /^text ~ "(.*)\*" ORDER BY updated DESC$/.exec(
      jqlFor(typed) ?? 'text ~ "*" ORDER BY updated DESC',
    );
    expect(text?.[1]).toMatch(/^[\p{L}\p{N} ]*$/u);
  },
);

const field = (id: string, kind: FormField['kind'], more: Partial<FormField> = {}): FormField => ({
  __typename: 'FormField',
  id,
  name: id,
  kind,
  required: false,
  hasDefault: false,
  options: null,
  ...more,
});

test('values go out as their fields want them, empty ones not at all', () => {
  const fields = [
    field('text', 'TEXT'),
    field('number', 'NUMBER'),
    field('day', 'DATE'),
    field('one', 'SELECT'),
    field('some', 'MULTI_SELECT'),
    field('labels', 'LABELS'),
    field('who', 'USER'),
    field('empty', 'TEXT'),
    field('none', 'MULTI_SELECT'),
    field('odd', 'UNSUPPORTED'),
  ];
  const values = {
    text: 'words',
    number: '1.5',
    day: '2026-12-01',
    one: '10',
    some: ['20', '21'],
    labels: ' a  b ',
    who: 'account',
    empty: '  ',
    none: [],
    odd: 'x',
  };
  expect(inputOf(fields, values)).toEqual([
    { field: 'text', text: 'words' },
    { field: 'number', number: 1.5 },
    { field: 'day', date: '2026-12-01' },
    { field: 'one', option: '10' },
    { field: 'some', options: ['20', '21'] },
    { field: 'labels', labels: ['a', 'b'] },
    { field: 'who', user: 'account' },
  ]);
});

test('what is required and missing, and what only Jira can ask', () => {
  const required = field('a', 'TEXT', { required: true });
  const given = field('b', 'TEXT', { required: true, hasDefault: true });
  const odd = field('c', 'UNSUPPORTED', { required: true });
  const oddGiven = field('d', 'UNSUPPORTED', { required: true, hasDefault: true });
  const fields = [required, given, odd, oddGiven];
  expect(missing(fields, {})).toEqual(['a']);
  expect(missing(fields, { a: 'x' })).toEqual([]);
  expect(beyond(fields)).toEqual([odd]);
  expect(fields.map(mustShow)).toEqual([true, true, true, false]);
});

test('Jira’s own page gets what was entered, as much as an address holds', () => {
  const url = 'https://acme.atlassian.net/secure/CreateIssueDetails!init.jspa?pid=1&issuetype=2';
  const address = new URL(handoff(url, 'A & B', 'x'.repeat(9_000)));
  expect(address.searchParams.get('pid')).toBe('1');
  expect(address.searchParams.get('summary')).toBe('A & B');
  expect(address.searchParams.get('description')).toHaveLength(4_000);
});

test('what a signature drags along is not chosen, nor what cannot be attached', () => {
  const file = (id: string, more: Partial<MailFile> = {}): MailFile => ({
    __typename: 'MailAttachment',
    id,
    name: id,
    size: 1,
    inline: false,
    signature: false,
    kind: 'FILE',
    ...more,
  });
  const files = [
    file('pdf'),
    file('logo', { inline: true, signature: true }),
    file('picture', { inline: true }),
    file('cloud', { kind: 'REFERENCE' }),
    file('mail', { kind: 'ITEM' }),
  ];
  expect(chosenAtFirst(files)).toEqual(['pdf', 'mail']);
});

test('a mail keeps its key when it is moved, not when it is another mailbox’s copy', () => {
  const mail: OpenMail = {
    at: 'reading',
    itemId: 'one',
    internetMessageId: '<a@b>',
    mailbox: null,
    subject: '',
  };
  expect(keyOf({ ...mail, itemId: 'two' })).toBe(keyOf(mail));
  expect(keyOf({ ...mail, mailbox: 'support@b' })).not.toBe(keyOf(mail));
  expect(keyOf({ ...mail, internetMessageId: null })).not.toBe(keyOf(mail));
});

test('dark is what needs light text', () => {
  expect(isDark('#ffffff')).toBe(false);
  expect(isDark('#1f1f1f')).toBe(true);
  expect(isDark('#0078d4')).toBe(true);
});
