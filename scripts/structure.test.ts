/**
 * The map, enforced: imports only go left through the layers, files stay small, only the edge prints and exits,
 * each package has one door, and every scenario that is shipped can be planned.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const ignored = /(^|\/)(node_modules|dist|results|fixtures)(\/|$)/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const pattern =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;

/** What bench may know of runners. */
const contract = 'runners/runner.ts';
const layers = [
  'model',
  'host',
  'images',
  'runners',
  'bench',
  'verdicts',
  'sizing',
  'guidance',
  'reports',
  'cli',
  'scripts',
];

const files: readonly SourceFile[] = globSync(`{${layers.join(',')}}/**/*.ts`, {
  cwd: root,
  exclude: (path) => ignored.test(path),
}).map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  const imports = [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  return { path, text, imports };
});

const isTest = (path: string) => /\.test\.ts$|\/testing\//.test(path);
const production = files.filter(({ path }) => !isTest(path));
const folderOf = (path: string) => path.split('/')[0] ?? '';

function offences({ path, imports }: SourceFile): readonly string[] {
  const from = folderOf(path);
  return imports
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(path), name)))
    .filter((target) => {
      const to = folderOf(target);
      if (to === from) return false;
      if (from === 'bench' && to === 'runners') return target !== contract;
      return layers.indexOf(to) < 0 || layers.indexOf(to) > layers.indexOf(from);
    })
    .map((target) => `${path} imports ${target}`);
}

describe('structure', () => {
  it('sees the sources of every layer', () => {
    for (const layer of layers) expect(files.filter(({ path }) => folderOf(path) === layer)).not.toEqual([]);
    const tracked = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' }).split('\n');
    const inLayers = tracked.filter((path) => layers.includes(folderOf(path)) && !ignored.test(path));
    const seen = new Set(files.map(({ path }) => path));
    expect(inLayers.filter((path) => !seen.has(path) && existsSync(join(root, path)))).toEqual([]);
    expect(files.find(({ path }) => path === 'runners/runner.ts')?.imports).toContain(
      '../host/cgroup/group.ts',
    );
  });

  it('imports only from layers to the left, and of runners bench knows the contract alone', () => {
    expect(production.flatMap(offences)).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(circles(files)).toEqual([]);
  });

  it('ships no material of tests: production imports nothing from testing/', () => {
    const wrong = production
      .filter(({ path }) => folderOf(path) !== 'scripts')
      .flatMap(({ path, imports }) =>
        imports.filter((name) => name.includes('/testing/')).map((name) => [path, name]),
      );
    expect(wrong).toEqual([]);
  });

  it('would notice a circle', () => {
    const file = (path: string, ...imports: string[]) => ({ path, text: '', imports });
    expect(circles([file('host/a.ts', './b.ts'), file('host/b.ts', '../model/c.ts')])).toEqual([]);
    const ring = [file('host/a.ts', './b.ts'), file('host/b.ts', './c.ts'), file('host/c.ts', './a.ts')];
    expect(circles(ring)).toEqual([['host/a.ts', 'host/b.ts', 'host/c.ts']]);
  });

  it('keeps a folder at 20 sources of its own or fewer', () => {
    const own = Map.groupBy(production, ({ path }) => dirname(path));
    const full = [...own].filter(([, list]) => list.length > 20).map(([name, list]) => [name, list.length]);
    expect(full).toEqual([]);
  });

  it('would notice an import to the right', () => {
    const bad = (path: string, target: string) => offences({ path, text: '', imports: [target] });
    expect(bad('host/a.ts', '../bench/record/record.ts')).toHaveLength(1);
    expect(bad('bench/a.ts', '../runners/fake.ts')).toHaveLength(1);
    expect(bad('bench/a.ts', '../runners/runner.ts')).toEqual([]);
    expect(bad('bench/a.ts', './record.ts')).toEqual([]);
    expect(bad('model/record.ts', '../bench/record/record.ts')).toHaveLength(1);
    expect(bad('runners/qemu/a.ts', '../../bench/statistics/holm.ts')).toHaveLength(1);
    expect(bad('cli/a.ts', '../scripts/setup.ts')).toHaveLength(1);
  });

  it('keeps files at 400 lines or fewer', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it('exports no function or value that production has no use for', () => {
    const users = new Map<string, Set<string>>();
    for (const { path, text } of production) {
      for (const word of text.match(/\w+/g) ?? []) users.set(word, (users.get(word) ?? new Set()).add(path));
    }
    const dead = production.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)]
        .map((match) => match[1] ?? '')
        .filter((name) => users.get(name)?.size === 1)
        // A part of something larger may be exported for its own test, if the larger thing uses it.
        .filter((name) => withoutComments(text).match(new RegExp(`\\b${name}\\b`, 'g'))?.length === 1)
        .map((name) => `${path}: ${name}`),
    );
    expect(dead).toEqual([]);
  });

  it('opens every file with a comment that says what it hides', () => {
    const silent = production.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  it('prints and exits only at the edge', () => {
    // A process of its own has no other way out than its streams and its exit.
    const edge = (path: string) => /^(cli|scripts)\//.test(path) || path.endsWith('-process.ts');
    const loud = production
      .filter(({ path }) => !edge(path) && !path.startsWith('reports/formats/html/page/'))
      .filter(({ text }) =>
        /\bconsole\.(log|error|warn|info|debug|table)\b|process\.(exit\b|exitCode|stdout|stderr)/.test(
          withoutComments(text),
        ),
      )
      .map(({ path }) => path);
    expect(loud).toEqual([]);
  });

  it('lets each package in through one folder', () => {
    const doors = new Map<string, Set<string>>();
    for (const { path, imports } of production) {
      for (const name of imports) {
        const bare = name.startsWith('.') || name.startsWith('node:') || builtinModules.includes(name);
        // Schemas are declared where their options are used; scripts are no part of the product.
        if (bare || folderOf(path) === 'scripts' || name === 'zod') continue;
        const key = name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/');
        doors.set(key, (doors.get(key) ?? new Set()).add(folderOf(path)));
      }
    }
    const several = [...doors].filter(([, folders]) => folders.size > 1).map(([name, f]) => [name, ...f]);
    expect(several).toEqual([]);
  });

  it('imports relatively with file endings, and Node by its prefix', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => builtinModules.includes(name) || (name.startsWith('.') && !/\.\w+$/.test(name)))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('exports no default, which has no name to search for', () => {
    const allowed = ['scripts/count-reporter.ts'];
    const wrong = production.filter(
      ({ path, text }) => /^export default/m.test(text) && !allowed.includes(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('the full series names every ready scenario that measures, quick apart', () => {
    const folder = join(root, 'scenarios');
    const { scenarios } = parse(readFileSync(join(folder, 'full.yaml'), 'utf8')) as { scenarios: string[] };
    const ready = globSync('*.yaml', { cwd: folder });
    const apart = ['full.yaml', 'quick.yaml', 'smoke.yaml'];
    expect([...scenarios, ...apart].sort()).toEqual(ready.sort());
  });
});

/** Every set of files that import each other, directly or through others (Tarjan's strongly connected components). */
function circles(all: readonly SourceFile[]): readonly (readonly string[])[] {
  const targets = new Map(
    all.map(({ path, imports }) => [
      path,
      imports.filter((name) => name.startsWith('.')).map((name) => normalize(join(dirname(path), name))),
    ]),
  );
  const index = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    const own = index.size;
    index.set(path, own);
    let lowest = own;
    stack.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!targets.has(target)) continue;
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? lowest);
    }
    if (lowest === own) {
      const ring = stack.splice(stack.indexOf(path));
      if (ring.length > 1) found.push(ring.sort());
    }
    return lowest;
  };
  for (const path of targets.keys()) if (!index.has(path)) visit(path);
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
