/**
 * The field's words in everything that is read: strings, comments, docs, test names. A reader searches for "fix" and
 * "resume", so that is what tare says. Words that are replaced everywhere stay out; a folder that is done stays done.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './process.ts';

/** What not to say, and what to say. */
const everywhere: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\bforemost\b/i, 'main, first'],
  [/\banew\b/i, 'again'],
  [/\bgo(es)? on with\b/i, 'resume, continue'],
  [/\bto be had\b/i, 'available'],
  [/\bwhatever comes of it\b/i, 'the result'],
];

/** Further words, in the folders that are rewritten. */
const rewritten = ['model', 'reports/advice'];
const there: readonly (readonly [RegExp, string])[] = [
  [/\btold\b/i, 'reported, shown, declared'],
  // `beside:` is a key of records.
  [/\bbeside\b(?!:)/i, 'next to, during, as well as'],
  [/\b(weigh|weighs|weighed|weighing)\b/i, 'measure, cost'],
  [/\bnot to be\b/i, 'cannot be'],
];

const kinds = '{ts,md,yaml,yml,sh}';
const folders = 'bench,cli,docs,guidance,host,images,model,reports,runners,scenarios,scripts,sizing,verdicts';
const files = [
  ...globSync(`{${folders}}/**/*.${kinds}`, { cwd: root }),
  ...globSync(`*.${kinds}`, { cwd: root }),
].filter((path) => !/(^|\/)(fixtures|testing\/data)\//.test(path) && path !== 'scripts/prose.test.ts');

function found(paths: readonly string[], words: readonly (readonly [RegExp, string])[]): readonly string[] {
  return paths.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        words
          .filter(([not]) => not.test(line))
          .map(([, say]) => `${path}:${index + 1}: say "${say}": ${line.trim().slice(0, 90)}`),
      ),
  );
}

test('no file uses a word that the field has a better one for', () => {
  expect(files.length).toBeGreaterThan(700);
  for (const folder of folders.split(','))
    expect(files.some((path) => path.startsWith(`${folder}/`))).toBe(true);
  expect(found(files, everywhere)).toEqual([]);
});

test('folders that are rewritten stay so', () => {
  const done = files.filter((path) => rewritten.some((folder) => path.startsWith(`${folder}/`)));
  expect(done.length).toBeGreaterThan(10);
  expect(found(done, there)).toEqual([]);
});
