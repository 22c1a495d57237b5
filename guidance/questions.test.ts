/** Questions answered from a list: checked as they are asked, and a file that says the same in the end. */
import { expect, it } from 'vitest';
import { parseRequirements } from './requirements.ts';
import { askRequirements } from './questions.ts';

function answering(lines: readonly string[], complaints?: string[]) {
  const left = [...lines];
  const questions: string[] = [];
  return {
    questions,
    ask: (question: string) => {
      questions.push(question);
      return Promise.resolve(left.shift() ?? null);
    },
    complain: complaints === undefined ? null : (why: string) => complaints.push(why),
  };
}
const server = ['', '6.1', '', 'zfs, nbd', '8', '64GiB', 'hardware', ''];
const app = [
  'web',
  '40',
  '',
  'nginx',
  '',
  '',
  '',
  '',
  '',
  'no',
  '',
  '',
  '',
  'density, resources',
  '100ms',
  '',
  '',
];

it('makes the file that would have been written', async () => {
  const text = await askRequirements(answering([...server, ...app, '']));
  const { asked } = parseRequirements(text, 'answers');
  expect(asked.servers).toMatchObject([
    {
      kernel: '6.1',
      modules: ['zfs', 'nbd'],
      cpus: 8,
      memory: 2 ** 36,
      virtualization: 'hardware',
      runs: ['vm', 'container'],
    },
  ]);
  expect(asked.apps).toMatchObject([
    {
      id: 'web',
      instances: 40,
      image: 'nginx',
      priorities: ['density', 'resources'],
      objectives: { start: 0.1, memory: null },
    },
  ]);
});

it('asks again where somebody is there, naming the choices', async () => {
  const complaints: string[] = [];
  const dialogue = answering([...server.with(6, 'maybe').slice(0, 7), 'none', '', ...app], complaints);
  await askRequirements(dialogue);
  expect(complaints).toEqual([
    'server: virtualization must be one of hardware, nested, none, unknown, got "maybe"',
  ]);
  expect(dialogue.questions[6]).toContain('(hardware, nested, none, unknown)');
});

it('refuses a wrong answer, and answers that end too early, where nobody is', async () => {
  await expect(askRequirements(answering(['', '', '', '', 'many']))).rejects.toThrow(
    /server: cpus must be a number, got "many"/,
  );
  await expect(askRequirements(answering([]))).rejects.toThrow('the answers end at "server: os"');
  await expect(askRequirements(answering([...server, '']))).rejects.toThrow('app 1: id');
});
