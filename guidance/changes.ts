/**
 * What could be changed of a question, one thing at a time, in the words of the requirements file: needs of the app,
 * and what the server has.
 */
import type { Question } from './decide.ts';
import { limited } from './objectives.ts';
import { priorities, type AppNeeds, type Server } from './requirements.ts';

/** One field of the requirements file, as it would be written; null takes it out. */
export interface Setting {
  readonly of: 'app' | 'server';
  readonly field: string;
  readonly value: unknown;
}

export interface Change {
  readonly words: string;
  /** It takes a need away or gives the server more: what is added besides is another question. */
  readonly relaxes?: boolean;
  readonly set: readonly Setting[];
  readonly app?: Partial<AppNeeds>;
  readonly server?: Partial<Server>;
}

/** The same question with something changed. */
export function varied(
  question: Question,
  change: { readonly app?: Partial<AppNeeds>; readonly server?: Partial<Server> },
): Question {
  const app = { ...question.app, ...change.app };
  const server = { ...question.server, ...change.server };
  const apps = question.asked.apps.map((one) => (one.id === app.id ? app : one));
  return { ...question, app, server, asked: { ...question.asked, apps } };
}

export function changesOf(question: Question): Change[] {
  return [...ofApp(question), ...ofServer(question)];
}

function ofApp({ app, server, rules }: Question): Change[] {
  const set = <K extends keyof AppNeeds>(
    field: K,
    value: AppNeeds[K],
    words: string,
    relaxes = false,
  ): Change[] =>
    JSON.stringify(app[field]) === JSON.stringify(value)
      ? []
      : [{ words, relaxes, set: [{ of: 'app', field, value }], app: { [field]: value } }];
  const counts = new Set(
    rules.flatMap(({ when }) =>
      when.flatMap((one) => ('atLeast' in one && one.field === 'instances' ? [one.atLeast] : [])),
    ),
  );
  return [
    ...set('os', server.os, `os ${server.os}`, true),
    ...set('kernel', null, 'the kernel of the server', true),
    ...set('kernel', 'own', 'a kernel of its own'),
    ...set('modules', [], 'no kernel modules', true),
    ...set('architecture', null, 'the architecture of the server', true),
    ...set('isolation', 'own-kernel', 'isolation own-kernel'),
    ...set('isolation', 'shared-kernel', 'isolation shared-kernel', true),
    ...set('wholeSystem', false, 'no need of a whole operating system', true),
    ...set('wholeSystem', true, 'need of a whole operating system'),
    ...priorities.flatMap((one) =>
      app.priorities.includes(one)
        ? set(
            'priorities',
            app.priorities.filter((other) => other !== one),
            `no priority ${one}`,
            true,
          )
        : set('priorities', [...app.priorities, one], `priority ${one} as well`),
    ),
    ...[...counts].flatMap((count) =>
      app.instances >= count
        ? set('instances', Math.max(1, Math.ceil(count) - 1), `fewer than ${count} instances`)
        : set('instances', Math.ceil(count), `${count} instances`),
    ),
    ...(app.image === null ? set('image', app.id, 'an image named') : set('image', null, 'no image named')),
    ...limited.flatMap((what) =>
      app.objectives[what] === null
        ? []
        : [
            {
              words: `no ${what} objective`,
              set: [{ of: 'app' as const, field: `objectives.${what}`, value: null }],
              app: { objectives: { ...app.objectives, [what]: null } },
            },
          ],
    ),
  ];
}

function ofServer({ app, server }: Question): Change[] {
  const set = <K extends keyof Server>(
    field: K,
    value: Server[K],
    words: string,
    relaxes = true,
  ): Change[] =>
    JSON.stringify(server[field]) === JSON.stringify(value)
      ? []
      : [{ words, relaxes, set: [{ of: 'server', field, value }], server: { [field]: value } }];
  return [
    ...set('virtualization', 'hardware', 'a server with hardware virtualization'),
    ...set('virtualization', 'none', 'a server without virtualization', false),
    ...set('runs', ['vm', 'container'], 'a server that runs both'),
    ...set(
      'modules',
      [...new Set([...server.modules, ...app.modules])],
      'the modules kept loaded by the server',
    ),
  ];
}

/** Two changes of one field are no two changes. */
export function isSameField(one: Change, other: Change): boolean {
  const outer = ({ of, field }: Setting) => `${of}.${field.split('.')[0] ?? ''}`;
  return one.set.some((a) => other.set.some((b) => outer(a) === outer(b)));
}
