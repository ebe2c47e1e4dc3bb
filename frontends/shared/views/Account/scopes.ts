// Scopes in words that a person can weigh; an unknown one is named as it is.

const WORDS: [RegExp, string][] = [
  [/^Mail\./i, 'block.mails'],
  [/^Chat/i, 'block.chats'],
  [/^Tasks\./i, 'block.tasks'],
  [/recording/i, 'block.recordings'],
  [/^Calendars|meeting/i, 'block.meetings'],
];

type BlockKey = 'block.mails' | 'block.meetings' | 'block.chats' | 'block.tasks' | 'block.recordings';

/** What the scopes are for, each thing once. */
export function inWords(scopes: readonly string[], word: (key: BlockKey) => string): string {
  // Who somebody is comes along with every other permission.
  const said = scopes
    .filter((it) => it !== 'User.Read')
    .map((scope) => {
      const known = WORDS.find(([pattern]) => pattern.test(scope.replace(/^https:\/\/[^/]+\//, '')));
      return known ? word(known[1] as BlockKey) : scope;
    });
  return [...new Set(said)].join(', ');
}
